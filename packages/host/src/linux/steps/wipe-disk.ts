import { isFault } from '@slipway/base'
import type { StepExecutor } from '../../host.ts'
import { eraseLabels } from '../block/erase.ts'
import { findDisk } from '../block/find-disk.ts'
import { assertUnused, isOwn } from '../block/guards.ts'
import { waitForNodes } from '../block/wait-for-nodes.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { importedPools } from '../zfs/zpool.ts'

const secureDeadlineMs = 12 * 3_600_000 // overwriting 16 TB at 400 MB/s takes 11 hours

/** `wipe-disk`: quick clears labels at both ends and the partition table; secure also discards or overwrites. */
export function makeWipeDisk(system: LinuxSystem): StepExecutor<'wipe-disk'> {
  return {
    async isDone(step, context) {
      const disk = await findDisk(system, step.params.disk, context.signal)
      const blank = disk.table === null && disk.signatures.length === 0
      const own =
        disk.partitions.length > 0 && disk.partitions.every((partition) => isOwn(partition, context.installationId))
      return own || (blank && step.params.mode === 'quick')
    },
    async apply(step, context) {
      const disk = await findDisk(system, step.params.disk, context.signal)
      assertUnused(disk, step.params.disk, await importedPools(system, context.signal))
      context.log('info', `erasing ${disk.name} (${step.params.mode})`)
      await eraseLabels(system, disk, context.signal)
      if (step.params.mode === 'secure') await eraseEverything(system, disk.node, context.signal)
      await waitForNodes(system, disk.node, [], context.signal)
    },
    async undo() {
      // What was erased cannot come back; the plan says so (undo kind `none`).
    },
  }
}

async function eraseEverything(system: LinuxSystem, node: string, signal: AbortSignal): Promise<void> {
  try {
    // Discarded blocks may keep their contents, so overwriting follows unless the device erases securely.
    await system.run(['blkdiscard', '--force', '--secure', node], { signal, deadlineMs: secureDeadlineMs })
  } catch (error) {
    if (!isFault(error, 'command-failed')) throw error
    await system.run(['blkdiscard', '--force', '--zeroout', node], { signal, deadlineMs: secureDeadlineMs })
  }
}
