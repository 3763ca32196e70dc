import type { StepOf } from '@slipway/protocol'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepContext, StepExecutor } from '../../host.ts'
import { findDevice } from '../block/find-disk.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { mountsBelow, unmountBelow } from '../mounts.ts'
import { useLabelHostid } from '../zfs/label-hostid.ts'
import { datasetProperty, importPool, isImported } from '../zfs/zpool.ts'

type Params = StepOf<'mount-target'>['params']
type MountPlan = Params['mounts'][number]

/** `mount-target`: imports the pools and mounts the new system below the target root. */
export function makeMountTarget(system: LinuxSystem): StepExecutor<'mount-target'> {
  return {
    async isDone(step, context) {
      for (const { pool } of step.params.pools) {
        if (!(await isImported(system, pool, context.signal))) return false
      }
      const mounted = new Set((await mountsBelow(system, system.targetRoot)).map((mount) => mount.at))
      return step.params.mounts.every((mount) => mounted.has(targetPath(system, mount.at)))
    },
    apply: (step, context) => mountTarget(system, step.params, context),
    async undo(_step, context) {
      await unmountBelow(system, system.targetRoot, context.signal)
    },
  }
}

/** Mounts what is not mounted yet, parents first. */
export async function mountTarget(system: LinuxSystem, params: Params, context: StepContext): Promise<void> {
  for (const wanted of params.pools) await importIfNeeded(system, wanted, context)
  await mkdir(system.targetRoot, { recursive: true })
  const inOrder = [...params.mounts].sort(
    (a, b) => a.at.split('/').length - b.at.split('/').length || (a.at < b.at ? -1 : 1),
  )
  for (const mount of inOrder) await mountOne(system, mount, context.signal)
}

async function importIfNeeded(
  system: LinuxSystem,
  wanted: Params['pools'][number],
  context: StepContext,
): Promise<void> {
  if (await isImported(system, wanted.pool, context.signal)) return
  const nodes: string[] = []
  for (const device of wanted.devices) nodes.push(await findDevice(system, device, context.signal))
  await useLabelHostid(system, nodes, context)
  await importPool(system, { pool: wanted.pool, nodes, force: !wanted.existing, signal: context.signal })
}

async function mountOne(system: LinuxSystem, mount: MountPlan, signal: AbortSignal): Promise<void> {
  const at = targetPath(system, mount.at)
  if ((await mountsBelow(system, system.targetRoot)).some((present) => present.at === at)) return
  await mkdir(at, { recursive: true })
  await system.run(await mountArgv(system, mount, at, signal), { signal })
}

async function mountArgv(system: LinuxSystem, mount: MountPlan, at: string, signal: AbortSignal): Promise<string[]> {
  if (mount.kind === 'zfs') {
    const dataset = mount.dataset ?? ''
    const legacy = (await datasetProperty(system, dataset, 'mountpoint', signal)) === 'legacy'
    // mount.zfs(8): zfsutil lets a dataset be mounted by hand although it has a mount point of its own.
    return ['mount', '-t', 'zfs', ...(legacy ? [] : ['-o', 'zfsutil']), dataset, at]
  }
  const node = mount.device ? await findDevice(system, mount.device, signal) : ''
  return ['mount', '-t', mount.kind, node, at]
}

function targetPath(system: LinuxSystem, at: string): string {
  return at === '/' ? system.targetRoot : join(system.targetRoot, at)
}
