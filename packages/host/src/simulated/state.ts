import { firstBootReportSchema } from '@slipway/protocol'
import { z } from 'zod'
import { Overlay } from './tree/overlay.ts'

/**
 * What a simulated machine keeps without power: its disks, the pools on them and the firmware's variables, each with
 * its own order of writes. `stamp` is the installation that made a thing, null for what was there before.
 * Values are never changed in place (open overlays excepted), so that a power cut can go back to an earlier one.
 */
const stamp = z.string().nullable()

export const fileTreeSchema = z.object({
  overlays: z.array(z.instanceof(Overlay)),
  /** Digests of the layers that were committed, in order. */
  layers: z.array(z.string()),
  /** Index of the layer that is being written. */
  begun: z.number().int().nullable(),
  /** Digest of what `apply-sysconfig` wrote. */
  sysconfig: z.string().nullable(),
  hostname: z.string().nullable(),
  /** Static addresses of the config, without their prefix lengths. */
  addresses: z.array(z.string()).default([]),
  first_boot: z.nullable(firstBootReportSchema),
  agent: z.boolean(),
  /** Digest of what the boot archive was made from. */
  boot_archive: z.string().nullable(),
  /** A system that was there before: its files are not modelled, and it boots. */
  preinstalled: z.boolean(),
})

export const loaderSchema = z.object({
  entries: z.array(z.object({ boot_environment: z.string(), root: z.string(), stamp })),
  default: z.string().nullable(),
  /** Tried at the next boot only (systemd-boot's LoaderEntryOneShot, beadm activate -t). */
  once: z.string().nullable(),
})

export const contentSchema = z.object({
  /** As blkid names it: `vfat`, `ext4`, `swap`, `zfs_member`, or whatever a foreign system left. */
  signature: z.string(),
  stamp,
  label: z.string().nullable(),
  /** Guid of the pool, for `zfs_member`. */
  pool: z.string().nullable(),
  /** Files, for an ext4 that a system is installed on. */
  tree: fileTreeSchema.nullable(),
})

const partitionSchema = z.object({
  number: z.number().int(),
  role: z.string().nullable(),
  type: z.string().nullable(),
  label: z.string().nullable(),
  bytes: z.number(),
  content: contentSchema.nullable(),
  loader: loaderSchema.nullable(),
})

export const diskStateSchema = z.object({
  kind: z.literal('disk'),
  failed: z.boolean(),
  table: z.enum(['gpt', 'mbr', 'vtoc']).nullable(),
  stamp,
  partitions: z.array(partitionSchema),
  /** What is on the disk as a whole, without a partition table. */
  content: contentSchema.nullable(),
  /** A loader in front of the partitions (illumos whole disks). */
  loader: loaderSchema.nullable(),
})

const datasetSchema = z.object({
  type: z.enum(['filesystem', 'volume']),
  volume_bytes: z.number().nullable(),
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  stamp,
  tree: fileTreeSchema,
  /** By layer index: the tree before that layer. */
  snapshots: z.record(z.string(), fileTreeSchema),
})

export const poolStateSchema = z.object({
  kind: z.literal('pool'),
  guid: z.string(),
  name: z.string(),
  stamp,
  root: z.boolean(),
  vdevs: z.array(
    z.object({
      kind: z.string(),
      members: z.array(z.object({ identity: z.string(), partition: z.number().nullable() })),
    }),
  ),
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  datasets: z.record(z.string(), datasetSchema),
  /** Dataset below the pool, without the pool's name: `ROOT/be-1`. */
  bootfs: z.string().nullable(),
})

export const firmwareStateSchema = z.object({
  kind: z.literal('firmware'),
  /** Identities of disks that the firmware tries, in order. */
  boot_order: z.array(z.string()),
  /** For the next start only (UEFI BootNext). */
  boot_next: z.string().nullable(),
  /** True once the installed system is to start by itself: until then the live medium comes first. */
  local_boot: z.boolean(),
})

export const domainStateSchema = z.discriminatedUnion('kind', [diskStateSchema, poolStateSchema, firmwareStateSchema])

export type FileTree = z.output<typeof fileTreeSchema>
export type Loader = z.output<typeof loaderSchema>
export type Content = z.output<typeof contentSchema>
export type DiskState = z.output<typeof diskStateSchema>
export type DiskPartition = DiskState['partitions'][number]
export type PoolState = z.output<typeof poolStateSchema>
export type DatasetState = PoolState['datasets'][string]
export type FirmwareState = z.output<typeof firmwareStateSchema>
export type DomainState = z.output<typeof domainStateSchema>

/** Every file tree in a domain, snapshots included. */
export function treesOf(state: DomainState): FileTree[] {
  if (state.kind === 'firmware') return []
  if (state.kind === 'disk') return state.partitions.flatMap(({ content }) => content?.tree ?? [])
  return Object.values(state.datasets).flatMap(({ tree, snapshots }) => [tree, ...Object.values(snapshots)])
}
