import { Fault } from '@slipway/base'
import { type Disk, diskIdentity } from '@slipway/protocol'
import { partitionStamp } from '../../installation-stamp.ts'
import { blankState, poolDomain } from '../initial-state.ts'
import { allPools } from '../pool-access.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { Content, DiskPartition, DiskState } from '../state.ts'
import { emptyTree } from '../tree/file-tree.ts'
import type { SimulatedExecutor } from './simulated-executor.ts'

/** Partition types by role (UEFI 2.10 table 5.7, the Discoverable Partitions Specification, OpenZFS). */
const partitionTypes = {
  esp: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  'bios-boot': '21686148-6449-6e6f-744e-656564454649',
  boot: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  root: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  swap: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f',
  pool: '6a898cc3-1dd2-11b2-99a6-080020736631',
} as const
const gptBytes = 2 * 1024 ** 2 // both tables and the alignment of the first partition

export function isBlankState(state: DiskState): boolean {
  return state.table === null && state.partitions.length === 0 && state.content === null
}

/** Tells whether the installation has put its mark on the disk already. */
function isOurs(state: DiskState, installationId: string): boolean {
  return state.stamp === installationId || state.content?.stamp === installationId
}

export function wipeDisk(machine: SimulatedMachine): SimulatedExecutor<'wipe-disk'> {
  return {
    isDone(step, context) {
      const { state } = machine.requireDisk(step.params.disk)
      if (isOurs(state, context.installationId)) return true
      // A blank disk does not show whether it was overwritten, so a secure wipe is done again.
      return step.params.mode === 'quick' && isBlankState(state)
    },
    apply(step) {
      const { hardware } = machine.requireDisk(step.params.disk)
      requireFree(machine, hardware)
      clearDisk(machine, step.params.disk.identity)
      machine.store.flush()
    },
    undo() {
      // Irreversible, as the plan says.
    },
  }
}

export function partitionDisk(machine: SimulatedMachine): SimulatedExecutor<'partition-disk'> {
  return {
    isDone(step, context) {
      const { state } = machine.requireDisk(step.params.disk)
      const made = state.partitions.map(({ number, role }) => `${number} ${role}`).join()
      const wanted = step.params.partitions.map(({ number, role }) => `${number} ${role}`).join()
      return state.stamp === context.installationId && made === wanted
    },
    apply(step, context) {
      const { hardware, state } = machine.requireDisk(step.params.disk)
      requireFree(machine, hardware)
      if (!isBlankState(state) && !isOurs(state, context.installationId)) {
        const message = `disk ${hardware.name} is not blank any more; somebody wrote to it after planning: plan again`
        throw new Fault('disk-changed', message, { details: { disk: hardware.name, serial: hardware.serial } })
      }
      const fixed = step.params.partitions.reduce((sum, { bytes }) => sum + (bytes ?? 0), gptBytes)
      const partitions = step.params.partitions.map(({ number, role, bytes }): DiskPartition => {
        const label = partitionStamp(role, context.installationId)
        const size = bytes ?? hardware.bytes - fixed
        return { number, role, type: partitionTypes[role], label, bytes: size, content: null, loader: null }
      })
      machine.writeDisk(step.params.disk.identity, {
        ...blankState(),
        table: 'gpt',
        stamp: context.installationId,
        partitions,
      })
      machine.store.flush()
    },
    undo(step, context) {
      const { state } = machine.requireDisk(step.params.disk)
      if (state.stamp !== context.installationId) return
      clearDisk(machine, step.params.disk.identity)
      machine.store.flush()
    },
  }
}

const signatures = { ext4: 'ext4', vfat: 'vfat', swap: 'swap' } as const

export function createFilesystem(machine: SimulatedMachine): SimulatedExecutor<'create-filesystem'> {
  return {
    isDone(step, context) {
      const { disk, partition } = step.params.device
      const content = machine.requireDisk(disk).state.partitions.find(({ number }) => number === partition)?.content
      return content?.signature === signatures[step.params.filesystem] && content.stamp === context.installationId
    },
    apply(step, context) {
      const { filesystem, label } = step.params
      const tree = filesystem === 'ext4' ? emptyTree() : null
      writeContent(machine, step.params.device, {
        signature: signatures[filesystem],
        stamp: context.installationId,
        label,
        pool: null,
        tree,
      })
      machine.store.flush()
    },
    undo(step, context) {
      const { state } = machine.requireDisk(step.params.device.disk)
      if (state.stamp !== context.installationId) return
      writeContent(machine, step.params.device, null)
      machine.store.flush()
    },
  }
}

/** Writes what a partition, or a whole disk, holds; a loader that was on it goes with the old file system. */
export function writeContent(
  machine: SimulatedMachine,
  device: { disk: Parameters<SimulatedMachine['requireDisk']>[0]; partition: number | null },
  content: Content | null,
): void {
  const { hardware, state } = machine.requireDisk(device.disk)
  if (device.partition === null) return machine.writeDisk(device.disk.identity, { ...state, content })
  if (!state.partitions.some(({ number }) => number === device.partition)) {
    const message = `disk ${hardware.name} has no partition ${device.partition}; partition it first`
    throw new Fault('disk-changed', message, { details: { disk: hardware.name } })
  }
  const partitions = state.partitions.map((partition) =>
    partition.number === device.partition ? { ...partition, content, loader: null } : partition,
  )
  machine.writeDisk(device.disk.identity, { ...state, partitions })
}

/** Clears a disk and forgets pools that have no other member. */
function clearDisk(machine: SimulatedMachine, identity: string): void {
  machine.writeDisk(identity, blankState())
  for (const pool of allPools(machine)) {
    const others = pool.vdevs.flatMap((vdev) => vdev.members).filter((member) => member.identity !== identity)
    const labelled = others.some((member) => hasLabel(machine.diskState(member.identity), pool.guid))
    if (!labelled) machine.store.write(poolDomain(pool.guid), null)
  }
}

function hasLabel(state: DiskState | undefined, guid: string): boolean {
  if (!state) return false
  return [state.content, ...state.partitions.map(({ content }) => content)].some((content) => content?.pool === guid)
}

/** Refuses a disk that the running system uses: the last guard before data goes. */
function requireFree(machine: SimulatedMachine, disk: Disk): void {
  const identity = diskIdentity(disk).id
  const pool = allPools(machine).find(
    ({ guid, vdevs }) =>
      [...machine.runtime.imported.values()].includes(guid) &&
      vdevs.some((vdev) => vdev.members.some((member) => member.identity === identity)),
  )
  const mounted = [...machine.runtime.mounts.values()].some(
    (source) => source.kind === 'partition' && source.identity === identity,
  )
  if (!pool && !mounted && !disk.mounted && !disk.live_medium) return
  const why = pool ? `belongs to the imported pool ${pool.name}` : 'is mounted'
  throw new Fault('disk-changed', `disk ${disk.name} ${why}; free it, then plan again`, {
    details: { disk: disk.name, serial: disk.serial },
  })
}
