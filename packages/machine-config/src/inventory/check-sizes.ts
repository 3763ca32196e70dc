import type { Disk, VdevConfig } from '@slipway/protocol'
import { isDataVdev } from '../check/check-pools.ts'
import { diskSizeWords } from '../size.ts'
import { shown } from '../words.ts'
import { freeDisksSentence } from './free-disks.ts'
import type { MachineCheck } from './machine-check.ts'

/** Room for the EFI system partition (512 MiB, machines.md) and a minimal system, where the image gives no hint. */
const leastSystemBytes = 1024 ** 3

/** Bytes that a root disk needs: the image's hint (or a minimum) and the swap and dump that the config asks for. */
export function systemBytes({ config, options }: MachineCheck): number {
  return (options.image?.min_disk_bytes ?? leastSystemBytes) + (config.swap_bytes ?? 0) + (config.dump_bytes ?? 0)
}

/** What a disk at this place has to hold: nothing known for data pools. */
export function leastRootBytes(check: MachineCheck, pointer: string): number {
  const pool = /^\/pools\/(\d+)\//u.exec(pointer)?.[1]
  const isRoot = pool === undefined ? pointer.startsWith('/filesystem/') : check.config.pools[Number(pool)]?.root
  return isRoot ? systemBytes(check) : 0
}

/** Checks that the system fits, and that the members of each vdev are of about one size. */
export function checkSizes(check: MachineCheck): void {
  for (const [p, pool] of check.config.pools.entries()) {
    for (const [v, vdev] of pool.vdevs.entries()) checkMembers(check, vdev, `/pools/${p}/vdevs/${v}`)
    if (pool.root && !pool.existing) checkRootPool(check, p)
  }
  for (const [index, name] of (check.config.filesystem?.disks ?? []).entries()) {
    checkDisk(check, name, `/filesystem/disks/${index}`)
  }
}

function membersOf(check: MachineCheck, vdev: VdevConfig, pointer: string): Disk[] {
  return vdev.disks.flatMap((_, index) => check.disks.get(`${pointer}/disks/${index}`) ?? [])
}

function checkMembers(check: MachineCheck, vdev: VdevConfig, pointer: string): void {
  // Stripes, caches and spares use each disk for itself.
  if (vdev.kind === 'stripe' || vdev.kind === 'cache' || vdev.kind === 'spare') return
  const disks = membersOf(check, vdev, pointer)
  const [smallest, largest] = [disks.toSorted((a, b) => a.bytes - b.bytes).at(0), largestOf(disks)]
  if (!smallest || !largest || largest.bytes <= smallest.bytes * 1.1) return
  check.report({
    code: 'vdev-sizes-differ',
    severity: 'warning',
    message: `The disks of this ${vdev.kind} differ in size: ${smallest.name} has ${diskSizeWords(smallest.bytes)}, ${largest.name} ${diskSizeWords(largest.bytes)}.`,
    cure: `Only ${diskSizeWords(smallest.bytes)} of each disk are used; choose disks of one size.`,
    pointer,
  })
}

function largestOf(disks: readonly Disk[]): Disk | undefined {
  return disks.toSorted((a, b) => b.bytes - a.bytes)[0]
}

function checkRootPool(check: MachineCheck, index: number): void {
  const pool = check.config.pools[index]
  const data = [...(pool?.vdevs.entries() ?? [])].filter(([, vdev]) => isDataVdev(vdev))
  const pointers = data.map(([v]) => `/pools/${index}/vdevs/${v}`)
  // One vdev of whole copies: each disk has to hold everything, so the finding names the disk.
  const single = data.length === 1 ? data[0]?.[1] : undefined
  if (single && (single.kind === 'mirror' || single.disks.length === 1)) {
    for (const [d, name] of single.disks.entries()) checkDisk(check, name, `${pointers[0]}/disks/${d}`)
    return
  }
  const known = data.every(([, vdev], at) => membersOf(check, vdev, pointers[at] ?? '').length === vdev.disks.length)
  if (!known || data.length === 0) return
  const capacity = data.reduce(
    (sum, [, vdev], at) => sum + capacityOf(vdev, membersOf(check, vdev, pointers[at] ?? '')),
    0,
  )
  if (capacity < systemBytes(check)) {
    check.report({
      code: 'disk-too-small',
      message: `Pool ${shown(pool?.name ?? '')} holds ${diskSizeWords(capacity)}; the system needs ${diskSizeWords(systemBytes(check))}.`,
      cure: `Add disks or name larger ones; ${freeDisksSentence(check, 0)}.`,
      pointer: `/pools/${index}`,
    })
  }
}

function capacityOf(vdev: VdevConfig, disks: readonly Disk[]): number {
  const sizes = disks.map((disk) => disk.bytes)
  if (vdev.kind === 'stripe') return sizes.reduce((sum, bytes) => sum + bytes, 0)
  const parity = { raidz1: 1, raidz2: 2, raidz3: 3 }[vdev.kind as 'raidz1' | 'raidz2' | 'raidz3'] ?? sizes.length - 1
  return Math.min(...sizes) * Math.max(sizes.length - parity, 0)
}

function checkDisk(check: MachineCheck, name: string, pointer: string): void {
  const disk = check.disks.get(pointer)
  const least = systemBytes(check)
  if (!disk || disk.bytes >= least) return
  check.report({
    code: 'disk-too-small',
    message: `Disk ${shown(name)} has ${diskSizeWords(disk.bytes)}; the system needs ${diskSizeWords(least)}.`,
    cure: `Name a larger disk; ${freeDisksSentence(check, least)}.`,
    pointer,
  })
}
