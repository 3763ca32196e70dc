import { z } from 'zod'

/**
 * What a machine reports of itself (GetSystemInfo; machines.md). Sizes in bytes, MACs lower-case with colons,
 * names as the operating system prints them. Peers may send less than they know: unknown is null or an empty list.
 */
const bytes = z.number().int().nonnegative()
const shortText = z.string().max(512)

/** How the firmware and Linux/illumos reach the disk. */
export const transportSchema = z.enum(['nvme', 'sata', 'sas', 'scsi', 'virtio', 'usb', 'ata', 'mmc', 'unknown'])

export const partitionSchema = z.object({
  number: z.number().int().positive(),
  device: shortText,
  bytes,
  type: shortText.nullable(),
  label: shortText.nullable(),
  signature: shortText.nullable(),
  mounted_at: shortText.nullable(),
})

export const diskSchema = z.object({
  /** Device name without directory: `vda`, `nvme0n1`, `c5t0d0`. */
  name: shortText,
  by_id: z.array(shortText).max(32),
  by_path: shortText.nullable(),
  serial: shortText.nullable(),
  wwn: shortText.nullable(),
  model: shortText.nullable(),
  bytes,
  sector_bytes: z.number().int().positive().default(512),
  rotational: z.boolean(),
  transport: transportSchema,
  read_only: z.boolean().default(false),
  partition_table: z.enum(['gpt', 'mbr', 'vtoc']).nullable(),
  partitions: z.array(partitionSchema).max(256),
  /** What `blkid`/`wipefs` finds on the whole disk: `zfs_member`, `ext4`, … */
  signatures: z.array(shortText).max(32),
  /** Name of the ZFS pool that this disk belongs to, imported or not. */
  pool: shortText.nullable(),
  pool_imported: z.boolean().default(false),
  mounted: z.boolean(),
  /** True for the medium the live environment runs from. */
  live_medium: z.boolean(),
})

export const interfaceSchema = z.object({
  name: shortText,
  mac: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
  driver: shortText.nullable(),
  link: z.enum(['up', 'down', 'unknown']),
  speed_mbps: z.number().int().nonnegative().nullable(),
  addresses: z.array(shortText).max(64),
  /** Position in bus order among physical NICs, from 0: what a bare `netN` means. */
  bus_index: z.number().int().nonnegative(),
  onboard: z.boolean().default(true),
})

export const poolSchema = z.object({
  name: shortText,
  guid: shortText.nullable(),
  imported: z.boolean(),
  health: shortText.nullable(),
  bytes: bytes.nullable(),
  /** Boot environments found under POOL/ROOT. */
  boot_environments: z
    .array(z.object({ name: shortText, active: z.boolean(), mountpoint: shortText.nullable() }))
    .max(256),
  disks: z.array(shortText).max(512),
})

/** An installation's mark found on a disk: a GPT partition name or the ZFS user property `org.slipway:installation`. */
export const stampSchema = z.object({ installation_id: shortText, disk: shortText, where: z.enum(['gpt', 'zfs']) })

export const inventorySchema = z.object({
  machine_id: z.string().min(1).max(128),
  hostname: z.string().max(255),
  boot_id: z.string().max(128),
  /** Version of machined. */
  version: z.string().max(64),
  platform: z.enum(['linux', 'illumos']),
  architecture: z.enum(['amd64', 'arm64']),
  simulated: z.boolean().default(false),
  virtual: z.boolean().default(false),
  cpus: z.object({ cores: z.number().int().positive(), model: shortText.nullable() }),
  memory_bytes: bytes,
  firmware: z.enum(['uefi', 'bios']),
  secure_boot: z.boolean(),
  disks: z.array(diskSchema).max(1024),
  interfaces: z.array(interfaceSchema).max(256),
  pools: z.array(poolSchema).max(256),
  smbios: z.object({
    uuid: shortText.nullable(),
    manufacturer: shortText.nullable(),
    product: shortText.nullable(),
    serial: shortText.nullable(),
  }),
  capabilities: z.array(shortText).max(64),
  highest_fence: z.number().int().nonnegative(),
  stamps: z.array(stampSchema).max(256),
})

export type Inventory = z.infer<typeof inventorySchema>
export type Disk = z.infer<typeof diskSchema>
export type Partition = z.infer<typeof partitionSchema>
export type NetworkInterface = z.infer<typeof interfaceSchema>
export type Pool = z.infer<typeof poolSchema>
export type Stamp = z.infer<typeof stampSchema>
