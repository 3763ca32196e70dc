import type { DeviceRef } from '@slipway/protocol'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { DiskState, Loader } from '../state.ts'

export const emptyLoader: Loader = { entries: [], default: null, once: null }

/** Every boot loader on a disk: in front of its partitions, and on its ESP or BIOS-boot partition. */
export function diskLoaders(machine: SimulatedMachine, identity: string): Loader[] {
  const state = machine.diskState(identity)
  if (!state) return []
  return [state.loader, ...state.partitions.map((partition) => partition.loader)].filter((loader) => loader !== null)
}

/** Changes every boot loader on a disk. */
export function writeLoaders(machine: SimulatedMachine, identity: string, change: (loader: Loader) => Loader): void {
  const state = machine.diskState(identity)
  if (!state) return
  machine.writeDisk(identity, {
    ...state,
    loader: state.loader && change(state.loader),
    partitions: state.partitions.map((partition) => ({
      ...partition,
      loader: partition.loader && change(partition.loader),
    })),
  })
}

/** The boot loader of one target of a plan; null where none was installed. */
export function readLoader(machine: SimulatedMachine, target: DeviceRef): Loader | null {
  return loaderOn(machine.requireDisk(target.disk).state, target.partition)
}

function loaderOn(state: DiskState, partition: number | null): Loader | null {
  if (partition === null) return state.loader
  return state.partitions.find((candidate) => candidate.number === partition)?.loader ?? null
}

/** Writes the boot loader of one target; null removes it. */
export function writeLoader(machine: SimulatedMachine, target: DeviceRef, loader: Loader | null): void {
  const { state } = machine.requireDisk(target.disk)
  const partitions = state.partitions.map((partition) =>
    partition.number === target.partition ? { ...partition, loader } : partition,
  )
  machine.writeDisk(target.disk.identity, target.partition === null ? { ...state, loader } : { ...state, partitions })
}
