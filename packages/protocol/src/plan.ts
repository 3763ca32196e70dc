import * as z from 'zod/mini'
import { layerSchema } from './image.ts'
import { optionValueSchema, sysconfigSchema } from './machine-config.ts'

/**
 * The install plan (machines.md, "Plan"): ordered steps as data. Its digest is the lower-case hex SHA-256 of its
 * canonical JSON. Sizes in bytes. `params` is what the step's executor needs and nothing else; a step's executor never
 * looks at another step. Devices are named by disk identity plus partition number; the executor finds the node now.
 */
const bytes = z.int().check(z.nonnegative())

/** A disk as it was when planned; executors find it again by `identity` and refuse when `bytes` differ. */
export const diskRefSchema = z.strictObject({
  identity: z.string(),
  serial: z.nullable(z.string()),
  device: z.string(),
  bytes,
})

/** A whole disk (partition null) or one partition of it. */
export const deviceRefSchema = z.strictObject({
  disk: diskRefSchema,
  partition: z.nullable(z.int().check(z.positive())),
})

export const destroysSchema = z.strictObject({
  serial: z.nullable(z.string()),
  device: z.string(),
  bytes,
  contents: z.string(),
})

/** How a finished step is taken back; `none` marks an irreversible step and says why. */
export const undoSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none'), why: z.string() }),
  z.strictObject({ kind: z.literal('nothing-to-undo') }),
  z.strictObject({ kind: z.literal('inverse'), title: z.string() }),
])

const partitionPlanSchema = z.strictObject({
  number: z.int().check(z.positive()),
  role: z.enum(['esp', 'bios-boot', 'boot', 'swap', 'pool', 'root']),
  /** Null: the rest of the disk. */
  bytes: z.nullable(bytes),
  /** GPT partition name; the installation's stamp is put into it by the executor. */
  name: z.string(),
})

const base = {
  id: z.string(),
  title: z.string(),
  /** What it reads and writes, in words for people: `disk QM0001`, `rpool/ROOT/be`. */
  reads: z.array(z.string()),
  writes: z.array(z.string()),
  destroys: z.array(destroysSchema),
  undo: undoSchema,
  estimated_seconds: z.number().check(z.nonnegative()),
}

const mountSchema = z.strictObject({
  kind: z.enum(['zfs', 'ext4', 'vfat']),
  /** Dataset name for zfs; else the device. */
  dataset: z.nullable(z.string()),
  device: z.nullable(deviceRefSchema),
  /** Below the target root: `/`, `/boot/efi`. */
  at: z.string(),
})

export const espRefSchema = z.strictObject({ device: deviceRefSchema, mount_at: z.nullable(z.string()) })

export const stepSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('wipe-disk'),
    ...base,
    params: z.strictObject({ disk: diskRefSchema, mode: z.enum(['quick', 'secure']) }),
  }),
  z.strictObject({
    kind: z.literal('partition-disk'),
    ...base,
    params: z.strictObject({ disk: diskRefSchema, partitions: z.array(partitionPlanSchema) }),
  }),
  z.strictObject({
    kind: z.literal('create-pool'),
    ...base,
    params: z.strictObject({
      pool: z.string(),
      /** The name while installing: differs from `pool` only where a pool of that name is already imported. */
      temporary_name: z.nullable(z.string()),
      root: z.boolean(),
      vdevs: z.array(z.strictObject({ kind: z.string(), devices: z.array(deviceRefSchema) })),
      pool_properties: z.record(z.string(), optionValueSchema),
      dataset_properties: z.record(z.string(), optionValueSchema),
    }),
  }),
  z.strictObject({
    kind: z.literal('create-filesystem'),
    ...base,
    params: z.strictObject({
      filesystem: z.enum(['ext4', 'vfat', 'swap']),
      device: deviceRefSchema,
      label: z.string(),
    }),
  }),
  z.strictObject({
    kind: z.literal('create-dataset'),
    ...base,
    params: z.strictObject({
      pool: z.string(),
      dataset: z.string(),
      type: z.enum(['filesystem', 'volume']),
      volume_bytes: z.nullable(bytes),
      properties: z.record(z.string(), optionValueSchema),
    }),
  }),
  z.strictObject({
    kind: z.literal('mount-target'),
    ...base,
    params: z.strictObject({
      pools: z.array(z.strictObject({ pool: z.string(), devices: z.array(deviceRefSchema), existing: z.boolean() })),
      mounts: z.array(mountSchema),
    }),
  }),
  z.strictObject({
    kind: z.literal('pull-layer'),
    ...base,
    params: z.strictObject({
      reference: z.string(),
      image_digest: z.string(),
      index: z.int().check(z.nonnegative()),
      layer: layerSchema,
      /** The dataset that is snapshotted before and rolled back on failure; null on ext4. */
      dataset: z.nullable(z.string()),
    }),
  }),
  z.strictObject({
    kind: z.literal('apply-sysconfig'),
    ...base,
    params: z.strictObject({ sysconfig: sysconfigSchema, swap: z.array(deviceRefSchema) }),
  }),
  z.strictObject({ kind: z.literal('install-agent'), ...base, params: z.strictObject({}) }),
  z.strictObject({
    kind: z.literal('update-boot-archive'),
    ...base,
    params: z.strictObject({ root: z.enum(['zfs', 'ext4']) }),
  }),
  z.strictObject({
    kind: z.literal('install-bootloader'),
    ...base,
    params: z.strictObject({
      firmware: z.enum(['uefi', 'bios']),
      /** Every ESP (UEFI) or every disk with a BIOS-boot partition. */
      targets: z.array(deviceRefSchema),
      root: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('zfs'), pool: z.string(), dataset: z.string() }),
        z.strictObject({ kind: z.literal('ext4'), device: deviceRefSchema }),
      ]),
      boot_environment: z.string(),
      boot_device: z.nullable(deviceRefSchema),
    }),
  }),
  z.strictObject({
    kind: z.literal('activate-boot-environment'),
    ...base,
    params: z.strictObject({
      pool: z.string(),
      dataset: z.string(),
      boot_environment: z.string(),
      targets: z.array(deviceRefSchema),
      /** True on an existing pool: for one boot only, made permanent by the confirmation. */
      once: z.boolean(),
      previous: z.nullable(z.string()),
    }),
  }),
  z.strictObject({ kind: z.literal('unmount-target'), ...base, params: z.strictObject({}) }),
  z.strictObject({ kind: z.literal('export-pool'), ...base, params: z.strictObject({ pool: z.string() }) }),
  z.strictObject({
    kind: z.literal('reboot'),
    ...base,
    params: z.strictObject({ firmware: z.enum(['uefi', 'bios']), targets: z.array(deviceRefSchema) }),
  }),
])

export const planSchema = z.strictObject({
  version: z.literal(1),
  machine_id: z.string(),
  platform: z.enum(['linux', 'illumos']),
  image: z.strictObject({ reference: z.string(), digest: z.string(), bytes: bytes }),
  boot_environment: z.string(),
  root: z.enum(['zfs', 'ext4']),
  reboot: z.boolean(),
  steps: z.array(stepSchema),
})

export type Plan = z.infer<typeof planSchema>
export type Step = z.infer<typeof stepSchema>
export type StepKind = Step['kind']
/** The step of one kind; `executors` are a total map over it. */
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>
export type DiskRef = z.infer<typeof diskRefSchema>
export type DeviceRef = z.infer<typeof deviceRefSchema>
export type Undo = z.infer<typeof undoSchema>
