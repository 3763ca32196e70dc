import { Fault } from '@slipway/base'
import { type DeviceRef, diskIdentity } from '@slipway/protocol'
import type { StepContext } from '../host.ts'
import { isImportable, isMember } from './boot/find-root.ts'
import { poolDomain } from './initial-state.ts'
import { diskFailed, type SimulatedMachine } from './simulated-machine.ts'
import type { DatasetState, PoolState } from './state.ts'

/** Every pool that the disks carry, imported or not. */
export function allPools(machine: SimulatedMachine): PoolState[] {
  return [...machine.store.domains()].flatMap(([, state]) => (state.kind === 'pool' ? [state] : []))
}

/** The pool imported under this name. */
export function importedPool(machine: SimulatedMachine, name: string): PoolState | null {
  const guid = machine.runtime.imported.get(name)
  const state = guid === undefined ? undefined : machine.store.get(poolDomain(guid))
  return state?.kind === 'pool' ? state : null
}

/** The pool whose labels are on these devices. */
export function poolOnDevices(machine: SimulatedMachine, devices: readonly DeviceRef[]): PoolState | null {
  const isOn = (pool: PoolState) =>
    devices.some(({ disk, partition }) => isMember(machine, pool, disk.identity, partition))
  return allPools(machine).find(isOn) ?? null
}

/** Imports a pool of the plan if it is not imported yet; the plan's `mount-target` says on which devices it is. */
export function ensureImported(machine: SimulatedMachine, name: string, context: StepContext): PoolState | null {
  const present = importedPool(machine, name)
  if (present) return present
  const mount = context.plan.steps.find((step) => step.kind === 'mount-target')
  const devices = mount?.params.pools.find((candidate) => candidate.pool === name)?.devices ?? []
  const found = poolOnDevices(machine, devices)
  if (!found || !isImportable(machine, found)) return null
  machine.runtime.imported.set(name, found.guid)
  return found
}

/** The pool of the plan, imported and whole: an installation does not go onto a pool that has lost a disk. */
export function requirePool(machine: SimulatedMachine, name: string, context: StepContext): PoolState {
  const pool = ensureImported(machine, name, context)
  if (!pool) {
    const message = `pool ${name} cannot be imported: too few of its disks are there; look at them and plan again`
    throw new Fault('disk-not-found', message, { details: { pool: name } })
  }
  requireWhole(machine, pool)
  return pool
}

/** Throws `disk-failed` when a member of the pool does not answer. */
export function requireWhole(machine: SimulatedMachine, pool: PoolState): void {
  for (const { identity, partition } of pool.vdevs.flatMap((vdev) => vdev.members)) {
    if (isMember(machine, pool, identity, partition)) continue
    const disk = machine.hardware.find((candidate) => diskIdentity(candidate).id === identity)
    if (disk) throw diskFailed(disk)
    const message = `pool ${pool.name} is degraded: disk ${identity} is gone; plan again without it`
    throw new Fault('disk-not-found', message, { details: { pool: pool.name, identity } })
  }
}

export function writePool(machine: SimulatedMachine, pool: PoolState): void {
  machine.store.write(poolDomain(pool.guid), pool)
}

/** A dataset's name without its pool's, which is how it is kept: pools can be imported under another name. */
export function belowPool(dataset: string): string {
  return dataset.split('/').slice(1).join('/')
}

export function writeDataset(
  machine: SimulatedMachine,
  pool: PoolState,
  name: string,
  dataset: DatasetState | null,
): PoolState {
  const { [name]: _old, ...others } = pool.datasets
  const changed = { ...pool, datasets: dataset === null ? others : { ...others, [name]: dataset } }
  writePool(machine, changed)
  return changed
}
