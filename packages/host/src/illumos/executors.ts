import { Fault } from '@slipway/base'
import { mkdir, readFile } from 'node:fs/promises'
import type { StepOf } from '@slipway/protocol'
import type { Executors, StepContext } from '../host.ts'
import { installationProperty } from '../installation-stamp.ts'
import { readIllumosDisks, selectIllumosDisk } from './disks.ts'
import { assertBlankDisk, assertUnusedDisk, isBlankDisk } from './disk-use.ts'
import * as argv from './illumos-argv.ts'
import type { IllumosSystem } from './illumos-system.ts'
import { configureTarget, isTargetConfigured } from './configure-target.ts'

const longMs = 1_800_000 // an archive or a whole disk
const wipeMs = 12 * 3_600_000

/** Everything that an illumos installation executes; Linux's own steps are refused by name. */
export function makeIllumosExecutors(system: IllumosSystem): Executors {
  const onlyLinux = (kind: string) => ({
    isDone: async () => false,
    apply: () =>
      Promise.reject(new Fault('unsupported', `${kind} is not a step of an illumos installation; make a new plan`)),
    undo: async () => {},
  })
  return {
    'wipe-disk': {
      async isDone(step, context) {
        const disk = selectIllumosDisk(await readIllumosDisks(system, context.signal), step.params.disk)
        return step.params.mode === 'quick' && isBlankDisk(system, disk.name, context.signal)
      },
      async apply(step, context) {
        const { signal } = context
        const disk = selectIllumosDisk(await readIllumosDisks(system, signal), step.params.disk)
        await assertUnusedDisk(system, disk.name, step.params.disk, signal)
        for (const command of argv.eraseEnds(disk.name, disk.bytes)) {
          await system.run(command, { signal, accept: [0, 1, 2] }) // the last write may run over the end
        }
        if (step.params.mode === 'secure') {
          await system.run(argv.eraseAll(disk.name), { signal, deadlineMs: wipeMs, accept: [0, 1, 2] })
        }
      },
      undo: async () => {},
    },
    'partition-disk': onlyLinux('partition-disk'),
    'create-filesystem': onlyLinux('create-filesystem'),
    'create-pool': {
      isDone: (step, context) => isOwnPool(system, poolName(step.params), context),
      apply: (step, context) => createPool(system, step.params, context),
      async undo(step, context) {
        const name = poolName(step.params)
        if (!(await isOwnPool(system, name, context))) return
        await system.run(['zpool', 'destroy', '-f', name], { signal: context.signal })
      },
    },
    'create-dataset': {
      async isDone(step, context) {
        return (await stampOf(system, step.params.dataset, context)) === context.installationId
      },
      async apply(step, context) {
        await system.run(argv.createDataset(step.params, context.installationId), { signal: context.signal })
        // A dataset with a path mounts itself, where the root is to be mounted next (mount(8) wants an empty directory).
        const path = step.params.properties.mountpoint
        if (step.params.type === 'filesystem' && typeof path === 'string' && path.startsWith('/')) {
          await system.run(['zfs', 'unmount', step.params.dataset], { signal: context.signal, accept: [0, 1] })
        }
      },
      async undo(step, context) {
        if ((await stampOf(system, step.params.dataset, context)) !== context.installationId) return
        await system.run(['zfs', 'destroy', '-r', '-f', step.params.dataset], { signal: context.signal })
      },
    },
    'mount-target': {
      isDone: () => isMounted(system),
      async apply(step, context) {
        const imported = await importedPools(system, context.signal)
        for (const { pool, existing } of step.params.pools) {
          if (imported.includes(pool)) continue
          const options = { targetRoot: system.targetRoot, force: !existing }
          await system.run(argv.importPool(pool, options), { signal: context.signal, deadlineMs: 300_000 })
        }
        await mkdir(system.targetRoot, { recursive: true })
        for (const { dataset, at } of step.params.mounts) {
          if (dataset === null || at !== '/') continue
          await system.run(argv.mountDataset(dataset, system.targetRoot), { signal: context.signal })
        }
      },
      undo: (_step, context) => unmount(system, context),
    },
    'apply-sysconfig': {
      isDone: (step, context) => isTargetConfigured(system, step, context),
      apply: (step, context) => configureTarget(system, step, context),
      undo: async () => {},
    },
    'install-agent': {
      isDone: async () => true,
      apply: async () => {},
      undo: async () => {},
    },
    'update-boot-archive': {
      isDone: async () => false, // cheap to repeat, and nothing on the target tells a whole archive from a half one
      async apply(_step, context) {
        await system.run(argv.makeDeviceLinks(system.targetRoot), { signal: context.signal, deadlineMs: longMs })
        await system.run(argv.updateBootArchive(system.targetRoot), { signal: context.signal, deadlineMs: longMs })
      },
      undo: async () => {},
    },
    'install-bootloader': {
      isDone: async () => false, // writing the loader again over itself does no harm
      async apply(step, context) {
        const pool = installName(context, step.params.root.kind === 'zfs' ? step.params.root.pool : '')
        await system.run(argv.installBootloader(pool, system.targetRoot), {
          signal: context.signal,
          deadlineMs: longMs,
        })
      },
      undo: async () => {},
    },
    'activate-boot-environment': {
      async isDone(step, context) {
        const { stdout } = await system.run(['zpool', 'get', '-H', '-o', 'value', 'bootfs', step.params.pool], context)
        return !step.params.once && stdout.trim() === step.params.dataset
      },
      async apply(step, context) {
        const { pool, dataset, boot_environment: name, once } = step.params
        if (!once) await system.run(argv.setBootfs(pool, dataset), { signal: context.signal })
        await system.run(argv.activateBootEnvironment(name, once), { signal: context.signal, deadlineMs: longMs })
      },
      async undo(step, context) {
        const { previous } = step.params
        if (previous === null) return
        await system.run(argv.activateBootEnvironment(previous, false), { signal: context.signal, deadlineMs: longMs })
      },
    },
    'unmount-target': {
      isDone: async () => !(await isMounted(system)),
      apply: (_step, context) => unmount(system, context),
      undo: async () => {},
    },
    'export-pool': {
      async isDone(step, context) {
        return !(await importedPools(system, context.signal)).includes(step.params.pool)
      },
      async apply(step, context) {
        await system.run(['zpool', 'export', step.params.pool], { signal: context.signal, deadlineMs: 300_000 })
      },
      undo: async () => {},
    },
    reboot: {
      isDone: async () => false, // whoever can ask is still in the live environment
      async apply(_step, context) {
        await system.run(['sync'], { signal: context.signal, deadlineMs: longMs })
      },
      undo: async () => {},
    },
  }
}

async function createPool(
  system: IllumosSystem,
  params: StepOf<'create-pool'>['params'],
  context: StepContext,
): Promise<void> {
  const { signal, installationId } = context
  const disks = await readIllumosDisks(system, signal)
  for (const device of params.vdevs.flatMap((vdev) => vdev.devices)) {
    const disk = selectIllumosDisk(disks, device.disk)
    await assertUnusedDisk(system, disk.name, device.disk, signal)
    await assertBlankDisk(system, disk.name, device.disk, signal)
  }
  const nameOf = (device: { disk: Parameters<typeof selectIllumosDisk>[1] }) =>
    selectIllumosDisk(disks, device.disk).name
  const command = argv.createPool(params, { targetRoot: system.targetRoot, installationId, nameOf })
  await system.run(command, { signal, deadlineMs: 300_000 })
}

function poolName(params: StepOf<'create-pool'>['params']): string {
  return params.temporary_name ?? params.pool
}

/** The pool's name while installing: bootadm works on what is imported (machines.md: "every later command uses TMP"). */
function installName(context: StepContext, pool: string): string {
  for (const step of context.plan.steps) {
    if (step.kind === 'create-pool' && step.params.pool === pool) return poolName(step.params)
  }
  return pool
}

async function importedPools(system: IllumosSystem, signal: AbortSignal): Promise<string[]> {
  const { stdout } = await system.run(['zpool', 'list', '-H', '-o', 'name'], { signal })
  return stdout.split('\n').filter((line) => line !== '')
}

async function isOwnPool(system: IllumosSystem, pool: string, context: StepContext): Promise<boolean> {
  if (!(await importedPools(system, context.signal)).includes(pool)) {
    // After a restart of the live environment: take it, and let it go again if it is somebody else's.
    const command = argv.importPool(pool, { targetRoot: system.targetRoot, force: false })
    const { exitCode } = await system.run(command, { signal: context.signal, deadlineMs: 300_000, accept: [0, 1] })
    if (exitCode !== 0) return false
    if ((await stampOf(system, pool, context)) === context.installationId) return true
    await system.run(['zpool', 'export', pool], { signal: context.signal })
    return false
  }
  return (await stampOf(system, pool, context)) === context.installationId
}

async function stampOf(system: IllumosSystem, dataset: string, context: StepContext): Promise<string | null> {
  const command = ['zfs', 'get', '-H', '-s', 'local', '-o', 'value', installationProperty, dataset]
  const { stdout, exitCode } = await system.run(command, { signal: context.signal, accept: [0, 1] })
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null
}

/** mnttab(5): the second field is the mount point. */
async function isMounted(system: IllumosSystem): Promise<boolean> {
  const text = await readFile('/etc/mnttab', 'utf8').catch(() => '')
  return text.split('\n').some((line) => line.split('\t')[1] === system.targetRoot)
}

async function unmount(system: IllumosSystem, context: StepContext): Promise<void> {
  if (!(await isMounted(system))) return
  await system.run(['umount', '-f', system.targetRoot], { signal: context.signal, deadlineMs: 300_000 })
}
