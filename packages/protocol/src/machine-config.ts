import * as z from 'zod/mini'

/**
 * The typed machine config: what `packages/machine-config` makes of KDL text and `packages/install-plan` plans from.
 * Values are canonical (aliases resolved, sizes in bytes); disks and interfaces stay as the text names them until a
 * check against an inventory resolves them. Source: machine-config.md.
 */
export const vdevKinds = [
  'mirror',
  'raidz1',
  'raidz2',
  'raidz3',
  'stripe',
  'spare',
  'log',
  'cache',
  'special',
  'dedup',
] as const
export const addressKinds = ['static', 'dhcp4', 'dhcp6', 'addrconf'] as const
export const optionValueSchema = z.union([z.string(), z.number(), z.boolean()])

export const vdevSchema = z.strictObject({ kind: z.enum(vdevKinds), disks: z.array(z.string()) })

export const poolConfigSchema = z.strictObject({
  name: z.string(),
  /** True for the pool that holds the system: the one with root=#true, else the first (unless a `filesystem` is there). */
  root: z.boolean(),
  existing: z.boolean(),
  vdevs: z.array(vdevSchema),
  options: z.record(z.string(), optionValueSchema),
})

export const filesystemConfigSchema = z.strictObject({ kind: z.literal('ext4'), disks: z.array(z.string()) })
export const wipeConfigSchema = z.strictObject({
  mode: z.enum(['none', 'quick', 'secure']),
  disks: z.array(z.string()),
})

export const addressConfigSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(addressKinds),
  /** CIDR, for `static` alone. */
  address: z.nullable(z.string()),
})

export const interfaceConfigSchema = z.strictObject({
  name: z.string(),
  selector: z.nullable(z.string()),
  addresses: z.array(addressConfigSchema),
  gateways: z.array(z.string()),
  mtu: z.nullable(z.int()),
  vlan: z.nullable(z.int()),
})

export const userConfigSchema = z.strictObject({
  name: z.string(),
  ssh_keys: z.array(z.string()),
  password_hash: z.nullable(z.string()),
  sudo: z.boolean(),
})

export const sysconfigSchema = z.strictObject({
  hostname: z.string(),
  nameservers: z.array(z.string()),
  search: z.array(z.string()),
  timezone: z.nullable(z.string()),
  locale: z.nullable(z.string()),
  interfaces: z.array(interfaceConfigSchema),
  users: z.array(userConfigSchema),
})

export const machineConfigSchema = z.strictObject({
  pools: z.array(poolConfigSchema),
  filesystem: z.nullable(filesystemConfigSchema),
  /** Canonical `oci://host[:port]/repo[:tag][@digest]`, or without a host as written when no default registry is known. */
  image: z.string(),
  boot_environment_name: z.nullable(z.string()),
  wipes: z.array(wipeConfigSchema),
  /** Bytes; null means not given (illumos then makes zvols of 2 GiB). */
  swap_bytes: z.nullable(z.int()),
  dump_bytes: z.nullable(z.int()),
  reboot: z.boolean(),
  agent: z.boolean(),
  sysconfig: sysconfigSchema,
})

export const findingSchema = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  /** Kebab-case, listed in docs/errors.md. */
  code: z.string(),
  message: z.string(),
  cure: z.string(),
  /** JSON pointer into the typed config; empty where there is none. */
  pointer: z.string(),
  /** 1-based; a column counts Unicode code points; the end is exclusive. */
  line: z.int(),
  column: z.int(),
  end_line: z.int(),
  end_column: z.int(),
})

export const configCheckSchema = z.object({
  valid: z.boolean(),
  /** Null after syntax errors. With grammar errors it is what could be read, so that pointers point somewhere. */
  config: z.nullable(machineConfigSchema),
  findings: z.array(findingSchema),
})

export type MachineConfig = z.infer<typeof machineConfigSchema>
export type PoolConfig = z.infer<typeof poolConfigSchema>
export type VdevConfig = z.infer<typeof vdevSchema>
export type VdevKind = (typeof vdevKinds)[number]
export type AddressConfig = z.infer<typeof addressConfigSchema>
export type InterfaceConfig = z.infer<typeof interfaceConfigSchema>
export type UserConfig = z.infer<typeof userConfigSchema>
export type SysconfigConfig = z.infer<typeof sysconfigSchema>
export type Finding = z.infer<typeof findingSchema>
export type ConfigCheck = z.infer<typeof configCheckSchema>
