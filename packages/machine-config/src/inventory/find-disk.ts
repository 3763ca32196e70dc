import { unreachable } from '@slipway/base'
import { diskIdentity, type Disk } from '@slipway/protocol'
import { parseDiskName, type DiskSelector } from '../disk-name.ts'

/** What a name of the config means on a machine. */
export type DiskMatch =
  | { readonly kind: 'one'; readonly disk: Disk }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly disks: readonly Disk[] }

/** Disks with one identity are one disk (multipath): the first node stands for all. */
export function distinctDisks(disks: readonly Disk[]): Disk[] {
  const byIdentity = new Map<string, Disk>()
  for (const disk of disks) {
    const { id } = diskIdentity(disk)
    if (!byIdentity.has(id)) byIdentity.set(id, disk)
  }
  return [...byIdentity.values()]
}

/** The node that stands for a disk, so that two names of one disk give one object. */
export function representative(disk: Disk, disks: readonly Disk[]): Disk {
  const { id } = diskIdentity(disk)
  return disks.find((one) => diskIdentity(one).id === id) ?? disk
}

/** All nodes of one disk: what is true of one path (mounted, in a pool) is true of the disk. */
export function nodesOf(disk: Disk, disks: readonly Disk[]): Disk[] {
  const { id } = diskIdentity(disk)
  return disks.filter((one) => diskIdentity(one).id === id)
}

/** True if nothing forbids to use a disk: not mounted, not the live medium, not in an imported pool, writable. */
export function isUsable(disk: Disk): boolean {
  return !isMounted(disk) && !disk.live_medium && !(disk.pool !== null && disk.pool_imported) && !disk.read_only
}

export function isMounted(disk: Disk): boolean {
  return disk.mounted || disk.partitions.some((partition) => partition.mounted_at !== null)
}

/**
 * Finds the disk that a name or selector means. A selector that fits several disks takes the one among them that may
 * be used and that the config does not name elsewhere, if there is exactly one.
 */
export function findDisk(written: string, disks: readonly Disk[], namedElsewhere: ReadonlySet<Disk>): DiskMatch {
  const parsed = parseDiskName(written)
  if (!parsed) return { kind: 'none' }
  if (parsed.kind === 'name') return asMatch(findByName(parsed.name, disks), disks)
  const fitting = disks.filter((disk) => parsed.terms.every((term) => fits(term, disk)))
  const match = asMatch(fitting, disks)
  if (match.kind !== 'several') return match
  const free = match.disks.filter((disk) => nodesOf(disk, disks).every(isUsable) && !namedElsewhere.has(disk))
  return free.length === 1 ? asMatch(free, disks) : match
}

function asMatch(found: readonly Disk[], disks: readonly Disk[]): DiskMatch {
  const [first, ...others] = distinctDisks(found).map((disk) => representative(disk, disks))
  if (!first) return { kind: 'none' }
  return others.length === 0 ? { kind: 'one', disk: first } : { kind: 'several', disks: [first, ...others] }
}

/** By device name first, then by link, then by serial or WWN, so that a serial that looks like a name takes nothing over. */
function findByName(name: string, disks: readonly Disk[]): Disk[] {
  const bare = name.replace(/^\/dev\/(?=[^/]+$)/u, '').replace(/^\/dev\/r?dsk\//u, '')
  const whole = bare.replace(/^(c\d.*d\d+)(?:s2|p0)$/u, '$1')
  const byName = disks.filter((disk) => disk.name === whole)
  if (byName.length > 0) return byName
  const byLink = disks.filter((disk) => disk.by_id.some((link) => sameLink(link, name)) || disk.by_path === name)
  if (byLink.length > 0) return byLink
  const bySerial = disks.filter((disk) => disk.serial === name)
  return bySerial.length > 0 ? bySerial : disks.filter((disk) => disk.wwn !== null && sameWwn(disk.wwn, name))
}

/** Links are reported with or without their directory. */
function sameLink(link: string, name: string): boolean {
  const directory = '/dev/disk/by-id/'
  return link.replace(directory, '') === name.replace(directory, '')
}

/** `0x5000c500a1b2c3d4`, `5000C500A1B2C3D4`, `naa.5000…` and `eui.…` are spellings of one number. */
function sameWwn(a: string, b: string): boolean {
  const plain = (wwn: string) => wwn.toLowerCase().replace(/^(?:0x|naa\.|eui\.|wwn-0x|w)/u, '')
  return plain(a) === plain(b)
}

function fits(term: DiskSelector, disk: Disk): boolean {
  switch (term.key) {
    case 'serial':
      return disk.serial === term.value
    case 'wwn':
      return disk.wwn !== null && sameWwn(disk.wwn, term.value)
    case 'rotational':
      return disk.rotational === term.value
    case 'size':
      return fitsSize(term, disk.bytes)
    default:
      return unreachable(term)
  }
}

/** Disks of one nominal size differ by some blocks; without a comparison one per cent counts as equal. */
function fitsSize({ comparison, bytes }: Extract<DiskSelector, { key: 'size' }>, size: number): boolean {
  switch (comparison) {
    case '>=':
      return size >= bytes
    case '<=':
      return size <= bytes
    case '>':
      return size > bytes
    case '<':
      return size < bytes
    case '=':
      return Math.abs(size - bytes) <= bytes / 100
    default:
      return unreachable(comparison)
  }
}
