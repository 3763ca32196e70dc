import type { StepOf } from '@slipway/protocol'
import type { StepExecutor } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { installationProperty } from '../../installation-stamp.ts'
import { poolMembers } from '../zfs/find-pool.ts'
import { datasetExists, importPool, isImported, localProperty } from '../zfs/zpool.ts'
import { readDisks } from '../block/read-disks.ts'
import { Fault } from '@slipway/base'
import { useLabelHostid } from '../zfs/label-hostid.ts'
import { propertyText } from '../../zfs/property-text.ts'
import type { StepContext } from '../../host.ts'

/** `create-dataset`: a file system or volume, stamped with the installation; never mounted by this step. */
export function makeCreateDataset(system: LinuxSystem): StepExecutor<'create-dataset'> {
  return {
    async isDone(step, context) {
      const { signal, installationId } = context
      if (!(await makePoolVisible(system, step.params.pool, context))) return false
      const stamp = await localProperty(system, step.params.dataset, installationProperty, signal)
      if (stamp === installationId) return true
      // ROOT of an existing pool is there already and belongs to nobody in particular.
      return stamp === null && isContainer(step.params) && (await datasetExists(system, step.params.dataset, signal))
    },
    async apply(step, context) {
      const { signal, installationId } = context
      if (!(await makePoolVisible(system, step.params.pool, context))) {
        throw new Fault('disk-not-found', `pool ${step.params.pool} is not on this machine; create or connect it first`)
      }
      if (await datasetExists(system, step.params.dataset, signal)) {
        throw new Fault(
          'conflict',
          `${step.params.dataset} exists and is not of this installation; choose another name`,
        )
      }
      await system.run(createDatasetArgv(step.params, installationId), { signal })
    },
    async undo(step, context) {
      const { signal, installationId } = context
      if (!(await makePoolVisible(system, step.params.pool, context))) return
      const stamp = await localProperty(system, step.params.dataset, installationProperty, signal)
      if (stamp !== installationId) return
      // -r: the snapshots taken before layers; -f: still mounted.
      await system.run(['zfs', 'destroy', '-r', '-f', step.params.dataset], { signal })
    },
  }
}

/** Imports the pool when it is on the disks: an existing one as well as this installation's own. */
async function makePoolVisible(system: LinuxSystem, pool: string, context: StepContext): Promise<boolean> {
  const { signal } = context
  if (await isImported(system, pool, signal)) return true
  const members = poolMembers(await readDisks(system, signal), pool, context.installationId)
  if (members.nodes.length === 0) return false
  await useLabelHostid(system, members.nodes, context)
  const force = members.stamped.length === members.nodes.length
  await importPool(system, { pool, nodes: members.nodes, force, signal })
  return true
}

function isContainer(params: StepOf<'create-dataset'>['params']): boolean {
  return params.properties.canmount === 'off' || params.properties.canmount === false
}

/** zfs-create(8): -u leaves it unmounted (OpenZFS 2.0 and later). */
export function createDatasetArgv(params: StepOf<'create-dataset'>['params'], installationId: string): string[] {
  const argv = ['zfs', 'create']
  if (params.type === 'volume') argv.push('-V', String(params.volume_bytes))
  else argv.push('-u')
  for (const [name, value] of Object.entries(params.properties)) argv.push('-o', `${name}=${propertyText(value)}`)
  return [...argv, '-o', `${installationProperty}=${installationId}`, params.dataset]
}
