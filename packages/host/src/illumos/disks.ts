import { Fault } from '@slipway/base'
import { diskIdentity, type Disk, type DiskRef } from '@slipway/protocol'
import type { IllumosSystem } from './illumos-system.ts'

/** A disk as `diskinfo` and `iostat` tell of it. */
export interface IllumosDisk {
  readonly name: string
  readonly vendor: string | null
  readonly model: string | null
  readonly bytes: number
  readonly removable: boolean
  readonly solidState: boolean
  readonly transport: Disk['transport']
  readonly serial: string | null
}

/**
 * Reads `diskinfo -Hp` (diskinfo(8)): tab-separated TYPE DISK VID PID SIZE RMV SSD; -p gives sizes in bytes, `-` is
 * unknown.
 */
export function parseDiskinfo(output: string): Omit<IllumosDisk, 'serial'>[] {
  return output.split('\n').flatMap((line) => {
    const [type = '', name = '', vendor = '', model = '', size = '', removable = '', ssd = ''] = line.split('\t')
    if (name === '' || !/^\d+$/.test(size)) return []
    return [
      {
        name,
        vendor: known(vendor),
        model: known(model),
        bytes: Number(size),
        removable: removable === 'yes',
        solidState: ssd === 'yes',
        transport: transportOf(type),
      },
    ]
  })
}

function known(text: string): string | null {
  const trimmed = text.trim()
  return trimmed === '' || trimmed === '-' ? null : trimmed
}

function transportOf(type: string): Disk['transport'] {
  const types: Readonly<Record<string, Disk['transport']>> = {
    NVME: 'nvme',
    SATA: 'sata',
    ATA: 'ata',
    SAS: 'sas',
    SCSI: 'scsi',
    USB: 'usb',
    VIRTIO: 'virtio',
  }
  return types[type.toUpperCase()] ?? 'unknown'
}

/** Reads serial numbers from `iostat -En` (iostat(8)): a block per device begins with its name at the line's start. */
export function parseSerials(output: string): Map<string, string> {
  const serials = new Map<string, string>()
  let name = ''
  for (const line of output.split('\n')) {
    name = /^(\S+)\s+Soft Errors:/.exec(line)?.[1] ?? name
    const serial = /Serial No:\s*(\S+)/.exec(line)?.[1]
    if (serial && name !== '') serials.set(name, serial)
  }
  return serials
}

/** The disks of the machine. */
export async function readIllumosDisks(system: IllumosSystem, signal: AbortSignal): Promise<IllumosDisk[]> {
  const disks = parseDiskinfo((await system.run(['diskinfo', '-Hp'], { signal })).stdout)
  const serials = parseSerials((await system.run(['iostat', '-En'], { signal })).stdout)
  return disks.map((disk) => ({ ...disk, serial: serials.get(disk.name) ?? null }))
}

export function illumosIdentity(disk: IllumosDisk): string {
  return diskIdentity({ ...disk, wwn: wwnOf(disk.name), by_path: null }).id
}

/** MPxIO puts the GUID of the unit into the name: `c0t5000C500A1B2C3D4d0` (scsi_vhci(4D)); others have no WWN here. */
export function wwnOf(name: string): string | null {
  const digits = /^c\d+t([0-9A-F]{16,32})d\d+$/.exec(name)?.[1]
  return digits ? `0x${digits.toLowerCase()}` : null
}

/** Finds a plan's disk as it is now; throws `disk-not-found` or `disk-changed`. */
export function selectIllumosDisk(disks: readonly IllumosDisk[], wanted: DiskRef): IllumosDisk {
  const details = { identity: wanted.identity, device: wanted.device, serial: wanted.serial }
  const disk = disks.find((candidate) => illumosIdentity(candidate) === wanted.identity)
  if (!disk) {
    const present = disks.map((candidate) => candidate.name).join(', ') || 'none'
    throw new Fault('disk-not-found', `disk ${wanted.device} is not on this machine; disks here: ${present}`, {
      details,
    })
  }
  if (disk.bytes === wanted.bytes) return disk
  const what = `has ${disk.bytes} bytes instead of ${wanted.bytes}`
  throw new Fault('disk-changed', `disk ${wanted.device} ${what}; nothing was written to it`, { details })
}
