import type { StepOf } from '@slipway/protocol'
import type { StepExecutor } from '../../host.ts'
import { partitionNode, type BlockDisk } from '../block/block-disk.ts'
import { eraseLabels, eraseSignatures } from '../block/erase.ts'
import { findDisk } from '../block/find-disk.ts'
import { assertBlankOrOwn, assertUnused, isOwn } from '../block/guards.ts'
import { waitForNodes } from '../block/wait-for-nodes.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { partitionStamp } from '../../installation-stamp.ts'
import { importedPools } from '../zfs/zpool.ts'

type PartitionPlan = StepOf<'partition-disk'>['params']['partitions'][number]

/** sgdisk's codes for GPT types (sgdisk -L): EFI system, BIOS boot, Linux file system, Linux swap, Solaris root. */
const typeCodes: Readonly<Record<PartitionPlan['role'], string>> = {
  esp: 'ef00',
  'bios-boot': 'ef02',
  boot: '8300',
  swap: '8200',
  pool: 'bf00',
  root: '8300',
}

/** sgdisk aligns to 1 MiB, so a size may come out smaller by less than that. */
const alignment = 1024 * 1024

/** `partition-disk`: a fresh GPT whose partition names carry the installation's stamp. */
export function makePartitionDisk(system: LinuxSystem): StepExecutor<'partition-disk'> {
  return {
    async isDone(step, context) {
      const disk = await findDisk(system, step.params.disk, context.signal)
      return isPartitioned(disk, step.params.partitions, context.installationId)
    },
    async apply(step, context) {
      const { signal, installationId } = context
      const disk = await findDisk(system, step.params.disk, signal)
      assertUnused(disk, step.params.disk, await importedPools(system, signal))
      assertBlankOrOwn(disk, step.params.disk, installationId)
      await system.run(partitionArgv(disk.node, step.params.partitions, installationId), { signal })
      const nodes = step.params.partitions.map((partition) => partitionNode(disk.node, partition.number))
      await waitForNodes(system, disk.node, nodes, signal)
      // A partition may begin exactly where an older file system began; its signature would come to life again.
      for (const node of nodes) await eraseSignatures(system, node, signal)
    },
    async undo(step, context) {
      const disk = await findDisk(system, step.params.disk, context.signal)
      if (disk.partitions.length === 0 && disk.table === null) return
      if (!disk.partitions.every((partition) => isOwn(partition, context.installationId))) return
      assertUnused(disk, step.params.disk, await importedPools(system, context.signal))
      await eraseLabels(system, disk, context.signal)
      await waitForNodes(system, disk.node, [], context.signal)
    },
  }
}

/** sgdisk(8): --clear makes a fresh GPT; size 0 reaches to the end of the disk. One call: all of it or nothing. */
export function partitionArgv(node: string, partitions: readonly PartitionPlan[], installationId: string): string[] {
  const argv = ['sgdisk', '--clear']
  for (const { number, role, bytes } of partitions) {
    const size = bytes === null ? '0' : `+${Math.ceil(bytes / 1024)}K`
    argv.push(`--new=${number}:0:${size}`, `--typecode=${number}:${typeCodes[role]}`)
    argv.push(`--change-name=${number}:${partitionStamp(role, installationId)}`)
  }
  return [...argv, node]
}

function isPartitioned(disk: BlockDisk, wanted: readonly PartitionPlan[], installationId: string): boolean {
  if (disk.table !== 'gpt' || disk.partitions.length !== wanted.length) return false
  return wanted.every((plan) => {
    const found = disk.partitions.find((partition) => partition.number === plan.number)
    if (found?.partName !== partitionStamp(plan.role, installationId)) return false
    return plan.bytes === null || found.bytes >= plan.bytes - alignment
  })
}
