import type { StepOf } from '@slipway/protocol'
import type { StepExecutor } from '../../host.ts'
import { eraseSignatures } from '../block/erase.ts'
import { findDisk, findPartition } from '../block/find-disk.ts'
import { assertFormattable, isOwn } from '../block/guards.ts'
import { settle } from '../block/wait-for-nodes.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { importedPools } from '../zfs/zpool.ts'

type Params = StepOf<'create-filesystem'>['params']

const deadlineMs = 600_000 // mkfs.ext4 of tens of terabytes

/** `create-filesystem`: ext4, vfat (an ESP) or swap on a partition that this installation made. */
export function makeCreateFilesystem(system: LinuxSystem): StepExecutor<'create-filesystem'> {
  return {
    async isDone(step, context) {
      const { device, filesystem } = step.params
      const disk = await findDisk(system, device.disk, context.signal)
      const partition = disk.partitions.find((candidate) => candidate.number === device.partition)
      if (!partition || !isOwn(partition, context.installationId)) return false
      const { signature } = partition
      return signature?.type === filesystem && signature.label === labelOf(step.params)
    },
    async apply(step, context) {
      await makeFilesystem(system, step.params, context)
    },
    async undo(step, context) {
      const { device } = step.params
      const disk = await findDisk(system, device.disk, context.signal)
      const partition = disk.partitions.find((candidate) => candidate.number === device.partition)
      if (!partition || !isOwn(partition, context.installationId) || partition.mountedAt) return
      await eraseSignatures(system, partition.node, context.signal)
    },
  }
}

/** Formats the device, after checking again that this installation made it and that nobody uses it. */
export async function makeFilesystem(
  system: LinuxSystem,
  params: Params,
  context: { installationId: string; signal: AbortSignal },
): Promise<void> {
  const { installationId, signal } = context
  const disk = await findDisk(system, params.device.disk, signal)
  const node = assertFormattable(disk, params.device, {
    installationId,
    importedPools: await importedPools(system, signal),
  })
  if (params.device.partition !== null) findPartition(disk, params.device)
  await eraseSignatures(system, node, signal)
  await system.run(makeArgv(params, node), { signal, deadlineMs })
  await settle(system, signal)
}

/** mke2fs(8), mkfs.fat(8), mkswap(8). */
export function makeArgv(params: Params, node: string): string[] {
  const label = labelOf(params)
  switch (params.filesystem) {
    case 'ext4':
      return ['mkfs.ext4', '-q', '-F', '-L', label, node]
    case 'vfat':
      return ['mkfs.vfat', '-F', '32', '-n', label, node] // UEFI 2.10, 13.3: FAT32 for an ESP on a fixed disk
    case 'swap':
      return ['mkswap', '-L', label, node]
  }
}

/** The label in the form that the file system keeps: FAT has 11 characters, upper-case; ext4 has 16 bytes, swap 15. */
function labelOf(params: Params): string {
  const plain = params.label.replaceAll(/[^0-9A-Za-z_-]/g, '-')
  if (params.filesystem === 'vfat') return plain.toUpperCase().slice(0, 11)
  return plain.slice(0, 15)
}
