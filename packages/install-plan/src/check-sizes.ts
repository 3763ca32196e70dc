import type { Disk } from '@slipway/protocol'
import { diskTitle } from './disk-ref.ts'
import { formatBytes } from './format-bytes.ts'
import { espBytes, makeLayout, resolvedDisks, type Layout } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { type PlanProblem, problem } from './plan-problem.ts'

const MiB = 1024 ** 2
const smallestVdevBytes = 64 * MiB // SPA_MINDEVSIZE, openzfs include/sys/fs/zfs.h
const gptBytes = 2 * MiB // both copies of the table and the alignment of the first partition
const unpackFactor = 2 // a compressed layer unpacks to about twice its size; a label of the image says it exactly

/** Checks that the partitions fit on every disk and the image into what remains. */
export function checkSizes(input: PlanInput): PlanProblem[] {
  const layout = makeLayout(input)
  const small = layout.partitioned.filter((disk) => restOf(disk, layout) < smallestVdevBytes)
  if (small.length > 0) return small.map((disk) => tooSmallForPartitions(disk, layout))
  const capacity = rootCapacity(input, layout)
  const needed = neededBytes(input)
  if (capacity === null || capacity >= needed) return []
  const message = `the system gets ${formatBytes(capacity)}, ${formatBytes(needed - capacity)} less than the ${formatBytes(needed)} that image ${input.image.reference} needs`
  return [problem('disk-too-small', message, 'Use larger disks or a smaller image.', { capacity, needed })]
}

function fixedBytes(layout: Layout): number {
  return layout.partitions.reduce((sum, partition) => sum + (partition.bytes ?? 0), gptBytes)
}

function restOf(disk: Disk, layout: Layout): number {
  return disk.bytes - fixedBytes(layout)
}

function tooSmallForPartitions(disk: Disk, layout: Layout): PlanProblem {
  const roles = layout.partitions.map((partition) => partition.role).join(', ')
  const least = formatBytes(fixedBytes(layout) + smallestVdevBytes)
  const message = `disk ${diskTitle(disk)} is too small for the partitions ${roles}: at least ${least}`
  return problem('disk-too-small', message, 'Use a larger disk, or less swap.', { disk: disk.name })
}

/** Usable bytes of the root vdevs, roughly; null for a pool that is there, whose space the machine itself checks. */
function rootCapacity(input: PlanInput, layout: Layout): number | null {
  const pool = layout.rootPool?.config
  if (!pool) return layout.partitioned.reduce((sum, disk) => sum + restOf(disk, layout), 0)
  if (pool.existing) return null
  const parity = { mirror: Infinity, raidz1: 1, raidz2: 2, raidz3: 3, stripe: 0 }
  return pool.vdevs.reduce((sum, vdev) => {
    if (!(vdev.kind in parity)) return sum
    const sizes = resolvedDisks(vdev.disks, input).map((disk) => restOf(disk, layout))
    if (vdev.kind === 'stripe') return sum + sizes.reduce((total, size) => total + size, 0)
    const dataDisks = Math.max(1, sizes.length - parity[vdev.kind as keyof typeof parity]) // `in` above has checked the key
    return sum + dataDisks * Math.min(...sizes)
  }, 0)
}

/** The label is a whole disk's size (machines.md, "Images"), of which an EFI system partition takes its share. */
function neededBytes({ image }: PlanInput): number {
  const leastDisk = Number(image.labels['org.slipway.min-disk-bytes'])
  return Number.isFinite(leastDisk) && leastDisk > 0
    ? Math.max(0, leastDisk - espBytes - gptBytes)
    : image.bytes_total * unpackFactor
}
