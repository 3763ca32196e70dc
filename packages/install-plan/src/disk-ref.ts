import { type DeviceRef, type Disk, type DiskRef, diskIdentity } from '@slipway/protocol'
import { formatBytes } from './format-bytes.ts'

/** Names a disk in a plan: executors find it again by identity, never by the device name. */
export function diskRef(disk: Disk): DiskRef {
  return { identity: diskIdentity(disk).id, serial: disk.serial, device: disk.name, bytes: disk.bytes }
}

/** A whole disk as a device. */
export function wholeDisk(disk: Disk): DeviceRef {
  return { disk: diskRef(disk), partition: null }
}

/** One partition of a disk as a device. */
export function partitionOf(disk: Disk, partition: number): DeviceRef {
  return { disk: diskRef(disk), partition }
}

/** A device's name for people and for step ids: `vda`, `vda2`, `nvme0n1p2`, `c5t0d0s0`. */
export function deviceName(device: DeviceRef): string {
  const name = device.disk.device
  if (device.partition === null) return name
  if (/^c\d+(t[0-9A-F]+)?d\d+$/i.test(name)) return `${name}s${device.partition - 1}`
  return /\d$/.test(name) ? `${name}p${device.partition}` : `${name}${device.partition}`
}

/** A disk for people, with its serial so that nobody needs to guess: `vda (QM0001, 20 GB)`. */
export function diskTitle(disk: { name: string; serial: string | null; bytes: number }): string {
  return `${disk.name} (${disk.serial ? `${disk.serial}, ` : ''}${formatBytes(disk.bytes)})`
}

/** Tells whether a disk has neither a partition table nor a signature that anything known would have left. */
export function isBlank(disk: Disk): boolean {
  return disk.partition_table === null && disk.partitions.length === 0 && disk.signatures.length === 0 && !disk.pool
}
