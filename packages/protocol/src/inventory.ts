import * as z from 'zod/mini'

/**
 * What a machine reports of itself (GetSystemInfo; machines.md). Sizes in bytes, MACs lower-case with colons,
 * names as the operating system prints them. Peers may send less than they know: unknown is null or an empty list.
 */
const bytes = z.int().check(z.nonnegative())
const shortText = z.string().check(z.maxLength(512))

/** How the firmware and Linux/illumos reach the disk. */
export const transportSchema = z.enum(['nvme', 'sata', 'sas', 'scsi', 'virtio', 'usb', 'ata', 'mmc', 'unknown'])

export const partitionSchema = z.object({
  number: z.int().check(z.positive()),
  device: shortText,
  bytes,
  type: z.nullable(shortText),
  label: z.nullable(shortText),
  signature: z.nullable(shortText),
  mounted_at: z.nullable(shortText),
})

export const diskSchema = z.object({
  /** Device name without directory: `vda`, `nvme0n1`, `c5t0d0`. */
  name: shortText,
  by_id: z.array(shortText).check(z.maxLength(32)),
  by_path: z.nullable(shortText),
  serial: z.nullable(shortText),
  wwn: z.nullable(shortText),
  model: z.nullable(shortText),
  bytes,
  sector_bytes: z._default(z.int().check(z.positive()), 512),
  rotational: z.boolean(),
  transport: transportSchema,
  read_only: z._default(z.boolean(), false),
  partition_table: z.nullable(z.enum(['gpt', 'mbr', 'vtoc'])),
  partitions: z.array(partitionSchema).check(z.maxLength(256)),
  /** What `blkid`/`wipefs` finds on the whole disk: `zfs_member`, `ext4`, … */
  signatures: z.array(shortText).check(z.maxLength(32)),
  /** Name of the ZFS pool that this disk belongs to, imported or not. */
  pool: z.nullable(shortText),
  pool_imported: z._default(z.boolean(), false),
  mounted: z.boolean(),
  /** True for the medium the live environment runs from. */
  live_medium: z.boolean(),
})

export const interfaceSchema = z.object({
  name: shortText,
  mac: z.string().check(z.regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)),
  driver: z.nullable(shortText),
  link: z.enum(['up', 'down', 'unknown']),
  speed_mbps: z.nullable(z.int().check(z.nonnegative())),
  addresses: z.array(shortText).check(z.maxLength(64)),
  /** Position in bus order among physical NICs, from 0: what a bare `netN` means. */
  bus_index: z.int().check(z.nonnegative()),
  onboard: z._default(z.boolean(), true),
})

export const poolSchema = z.object({
  name: shortText,
  guid: z.nullable(shortText),
  imported: z.boolean(),
  health: z.nullable(shortText),
  bytes: z.nullable(bytes),
  /** Boot environments found under POOL/ROOT. */
  boot_environments: z
    .array(z.object({ name: shortText, active: z.boolean(), mountpoint: z.nullable(shortText) }))
    .check(z.maxLength(256)),
  disks: z.array(shortText).check(z.maxLength(512)),
})

/** An installation's mark found on a disk: a GPT partition name or the ZFS user property `org.slipway:installation`. */
export const stampSchema = z.object({ installation_id: shortText, disk: shortText, where: z.enum(['gpt', 'zfs']) })

export const inventorySchema = z.object({
  machine_id: z.string().check(z.minLength(1), z.maxLength(128)),
  hostname: z.string().check(z.maxLength(255)),
  boot_id: z.string().check(z.maxLength(128)),
  /** Version of machined. */
  version: z.string().check(z.maxLength(64)),
  platform: z.enum(['linux', 'illumos']),
  architecture: z.enum(['amd64', 'arm64']),
  simulated: z._default(z.boolean(), false),
  virtual: z._default(z.boolean(), false),
  cpus: z.object({ cores: z.int().check(z.positive()), model: z.nullable(shortText) }),
  memory_bytes: bytes,
  firmware: z.enum(['uefi', 'bios']),
  secure_boot: z.boolean(),
  disks: z.array(diskSchema).check(z.maxLength(1024)),
  interfaces: z.array(interfaceSchema).check(z.maxLength(256)),
  pools: z.array(poolSchema).check(z.maxLength(256)),
  smbios: z.object({
    uuid: z.nullable(shortText),
    manufacturer: z.nullable(shortText),
    product: z.nullable(shortText),
    serial: z.nullable(shortText),
  }),
  capabilities: z.array(shortText).check(z.maxLength(64)),
  highest_fence: z.int().check(z.nonnegative()),
  stamps: z.array(stampSchema).check(z.maxLength(256)),
})

export type Inventory = z.infer<typeof inventorySchema>
export type Disk = z.infer<typeof diskSchema>
export type Partition = z.infer<typeof partitionSchema>
export type NetworkInterface = z.infer<typeof interfaceSchema>
export type Pool = z.infer<typeof poolSchema>
export type Stamp = z.infer<typeof stampSchema>
