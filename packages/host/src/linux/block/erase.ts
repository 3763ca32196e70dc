import { Fault } from '@slipway/base'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { LinuxSystem } from '../linux-system.ts'
import type { BlockDisk } from './block-disk.ts'

/** ZFS keeps two labels of 256 KiB at each end (zpool on-disk format); RAID and GPT leave less; 4 MiB covers all. */
const endBytes = 4 * 1024 * 1024

/** Overwrites both ends of a disk and of each of its partitions, then whatever signature is left anywhere. */
export async function eraseLabels(system: LinuxSystem, disk: BlockDisk, signal: AbortSignal): Promise<void> {
  for (const partition of disk.partitions) {
    await zeroEnds(partition.node, partition.bytes)
    await eraseSignatures(system, partition.node, signal)
  }
  await eraseSignatures(system, disk.node, signal)
  await zeroEnds(disk.node, disk.bytes)
}

/** Removes every known signature of one device. */
export async function eraseSignatures(system: LinuxSystem, node: string, signal: AbortSignal): Promise<void> {
  await system.run(['wipefs', '--all', '--force', node], { signal })
}

async function zeroEnds(node: string, bytes: number): Promise<void> {
  const length = Math.min(endBytes, bytes)
  // O_EXCL on a block device: EBUSY when the kernel uses it (open(2)), the last guard against a mounted disk.
  const file = await open(node, constants.O_WRONLY | constants.O_EXCL).catch((error: unknown) => {
    throw new Fault('disk-changed', `${node} cannot be opened for erasing; something uses it or it is gone`, {
      cause: error,
    })
  })
  try {
    const zeros = Buffer.alloc(length)
    await file.write(zeros, 0, length, 0)
    await file.write(zeros, 0, length, bytes - length)
    await file.sync()
  } catch (error) {
    throw new Fault('disk-failed', `erasing the ends of ${node} failed; the disk may be broken`, { cause: error })
  } finally {
    await file.close()
  }
}
