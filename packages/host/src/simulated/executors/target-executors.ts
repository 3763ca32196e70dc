import { canonicalJson, Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import { createHash } from 'node:crypto'
import type { StepContext } from '../../host.ts'
import { kernelOf } from '../boot/bootable.ts'
import { belowPool, requirePool } from '../pool-access.ts'
import type { MountSource, SimulatedMachine } from '../simulated-machine.ts'
import type { FileTree } from '../state.ts'
import { partitionSource, readTarget, requireAnswering, requireRoot, writeTree } from '../target-access.ts'
import type { SimulatedExecutor } from './simulated-executor.ts'

export function mountTarget(machine: SimulatedMachine): SimulatedExecutor<'mount-target'> {
  return {
    isDone(step) {
      const { pools, mounts } = step.params
      const imported = pools.every(({ pool }) => machine.runtime.imported.has(pool))
      return imported && mounts.every(({ at }) => machine.runtime.mounts.has(at))
    },
    apply(step, context) {
      const { pools, mounts } = step.params
      for (const { pool } of pools) requirePool(machine, pool, context)
      for (const mount of mounts) machine.runtime.mounts.set(mount.at, mountSource(machine, mount, context))
    },
    undo(step) {
      machine.runtime.mounts.clear()
      for (const { pool, existing } of step.params.pools) if (existing) machine.runtime.imported.delete(pool)
    },
  }
}

function mountSource(
  machine: SimulatedMachine,
  mount: StepOf<'mount-target'>['params']['mounts'][number],
  context: StepContext,
): MountSource {
  if (mount.device) {
    const { state, hardware } = machine.requireDisk(mount.device.disk)
    const partition = state.partitions.find(({ number }) => number === mount.device?.partition)
    if (partition?.content?.signature === mount.kind) return partitionSource(mount.device)
    const message = `partition ${mount.device.partition} of ${hardware.name} holds no ${mount.kind}; make it again`
    throw new Fault('disk-changed', message, { details: { disk: hardware.name } })
  }
  const name = mount.dataset ?? ''
  const pool = requirePool(machine, name.split('/')[0] ?? '', context)
  const dataset = belowPool(name)
  if (!pool.datasets[dataset]) throw new Fault('conflict', `dataset ${name} does not exist; create it first`)
  return { kind: 'dataset', guid: pool.guid, dataset }
}

export function unmountTarget(machine: SimulatedMachine): SimulatedExecutor<'unmount-target'> {
  return {
    isDone: () => machine.runtime.mounts.size === 0,
    apply() {
      machine.store.flush()
      machine.runtime.mounts.clear()
    },
    undo() {
      // Whatever is taken back before it finds its own way to the disks.
    },
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

export function applySysconfig(machine: SimulatedMachine): SimulatedExecutor<'apply-sysconfig'> {
  const wanted = (step: StepOf<'apply-sysconfig'>, { kdl, firstBoot }: StepContext) =>
    digestOf({ params: step.params, kdl, firstBoot })
  return {
    isDone: (step, context) => targetIs(machine, (tree) => tree.sysconfig === wanted(step, context)),
    apply(step, context) {
      change(machine, context, (tree) => ({
        ...tree,
        sysconfig: wanted(step, context),
        hostname: step.params.sysconfig.hostname,
        addresses: staticAddresses(step.params.sysconfig),
        first_boot: context.firstBoot,
      }))
    },
    undo() {
      // Goes with the file system.
    },
  }
}

function staticAddresses({ interfaces }: StepOf<'apply-sysconfig'>['params']['sysconfig']): string[] {
  const written = interfaces.flatMap(({ addresses }) => addresses.flatMap(({ address }) => address ?? []))
  return written.flatMap((address) => address.split('/')[0] ?? [])
}

export function installAgent(machine: SimulatedMachine): SimulatedExecutor<'install-agent'> {
  return {
    isDone: () => targetIs(machine, (tree) => tree.agent),
    apply: (_step, context) => change(machine, context, (tree) => ({ ...tree, agent: true })),
    undo() {
      // Goes with the file system.
    },
  }
}

/** What a boot archive is made from: older than this it is stale. */
function archiveSource(tree: FileTree): string {
  return digestOf({ layers: tree.layers, sysconfig: tree.sysconfig, kernel: kernelOf(tree) })
}

export function updateBootArchive(machine: SimulatedMachine): SimulatedExecutor<'update-boot-archive'> {
  return {
    isDone: () => targetIs(machine, (tree) => tree.boot_archive === archiveSource(tree)),
    apply(_step, context) {
      if (kernelOf(readTarget(machine)) === null) {
        const message =
          'the image has no kernel (boot/vmlinuz* or lib/modules/*/vmlinuz on Linux, platform/*/kernel on illumos), so nothing could start it; use an image that is made to be installed'
        throw new Fault('image-invalid', message)
      }
      change(machine, context, (tree) => ({ ...tree, boot_archive: archiveSource(tree) }))
      // The real one ends with a sync, because the loader is written next.
      machine.store.flush()
    },
    undo() {
      // Goes with the file system.
    },
  }
}

function targetIs(machine: SimulatedMachine, test: (tree: FileTree) => boolean): boolean {
  return machine.runtime.mounts.has('/') && test(readTarget(machine))
}

function change(machine: SimulatedMachine, context: StepContext, to: (tree: FileTree) => FileTree): void {
  const root = requireRoot(machine)
  requireAnswering(machine, root, context)
  writeTree(machine, root, to(readTarget(machine)))
}
