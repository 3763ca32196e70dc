import type {
  AddressConfig,
  InterfaceConfig,
  MachineConfig,
  PoolConfig,
  SysconfigConfig,
  UserConfig,
  VdevConfig,
} from '@slipway/protocol'
import type { KdlVersion } from '../kdl-text.ts'
import { printSize } from '../size.ts'
import { writeName, writeString, writeValue } from './kdl-writing.ts'

export interface PrintOptions {
  /** Write KDL version 1 (marker included) instead of 2. */
  readonly kdl1?: boolean
}

/** A node to be written: its head, and its block if it has one. */
interface Written {
  readonly head: string
  readonly block?: readonly Written[]
}

/** Prints a config canonically: fixed order, 4 spaces, quoted strings, KDL v2 unless `kdl1`; parsing it gives the same config. */
export function printConfig(config: MachineConfig, options: PrintOptions = {}): string {
  const version: KdlVersion = options.kdl1 === true ? 1 : 2
  const marker = version === 1 ? '/- kdl-version 1\n' : ''
  const lines = documentNodes(config, version).flatMap((node) => writeNode(node, ''))
  return `${marker}${lines.join('\n')}\n`
}

/** A node of a config that an edit can add, with the value that it stands for. */
export type ConfigPart =
  /** The first pool of a text holds the system without a word. */
  | { readonly kind: 'pool'; readonly value: PoolConfig; readonly first?: boolean }
  | { readonly kind: 'vdev'; readonly value: VdevConfig }
  | { readonly kind: 'filesystem'; readonly value: NonNullable<MachineConfig['filesystem']> }
  | { readonly kind: 'wipe'; readonly value: MachineConfig['wipes'][number] }
  | { readonly kind: 'interface'; readonly value: InterfaceConfig }
  | { readonly kind: 'address'; readonly value: AddressConfig }
  | { readonly kind: 'user'; readonly value: UserConfig }

/** Writes one part as lines of KDL, each with its indentation. */
export function printPart(part: ConfigPart, indent: string, version: KdlVersion): string[] {
  return writeNode(partNode(part, version), indent)
}

function partNode(part: ConfigPart, version: KdlVersion): Written {
  switch (part.kind) {
    case 'pool':
      return poolNode(part.value, part.first === true ? 0 : 1, version)
    case 'vdev':
      return vdevNode(part.value)
    case 'filesystem':
      return filesystemNode(part.value)
    case 'wipe':
      return wipeNode(part.value)
    case 'interface':
      return interfaceNode(part.value)
    case 'address':
      return addressNode(part.value)
    case 'user':
      return userNode(part.value, version)
  }
}

function vdevNode({ kind, disks }: VdevConfig): Written {
  return { head: `vdev ${writeString(kind)}`, block: [disksNode(disks)] }
}

function filesystemNode({ disks }: NonNullable<MachineConfig['filesystem']>): Written {
  return { head: 'filesystem "ext4"', block: [disksNode(disks)] }
}

function wipeNode({ mode, disks }: MachineConfig['wipes'][number]): Written {
  return { head: `wipe ${writeString(mode)}`, block: [disksNode(disks)] }
}

function addressNode({ name, kind, address }: AddressConfig): Written {
  const value = address === null ? '' : ` ${writeString(address)}`
  return { head: `address name=${writeString(name)} kind=${writeString(kind)}${value}` }
}

function writeNode(node: Written, indent: string): string[] {
  if (!node.block) return [`${indent}${node.head}`]
  if (node.block.length === 0) return [`${indent}${node.head} {`, `${indent}}`]
  return [`${indent}${node.head} {`, ...node.block.flatMap((child) => writeNode(child, `${indent}    `)), `${indent}}`]
}

function documentNodes(config: MachineConfig, version: KdlVersion): Written[] {
  const { filesystem, boot_environment_name: boot } = config
  return [
    ...config.pools.map((pool, index) => poolNode(pool, index, version)),
    ...(filesystem ? [filesystemNode(filesystem)] : []),
    ...config.wipes.map(wipeNode),
    { head: `image ${writeString(config.image)}` },
    ...leaf('boot-environment-name', boot),
    ...leaf('swap', config.swap_bytes === null ? null : printSize(config.swap_bytes)),
    ...leaf('dump', config.dump_bytes === null ? null : printSize(config.dump_bytes)),
    ...(config.reboot ? [] : [{ head: `reboot ${writeValue(false, version)}` }]),
    ...(config.agent ? [] : [{ head: `agent ${writeValue(false, version)}` }]),
    { head: 'sysconfig', block: sysconfigNodes(config.sysconfig, version) },
  ]
}

function leaf(name: string, value: string | null): Written[] {
  return value === null ? [] : [{ head: `${name} ${writeString(value)}` }]
}

function disksNode(disks: readonly string[]): Written {
  return { head: ['disks', ...disks.map(writeString)].join(' ') }
}

function poolNode(pool: PoolConfig, index: number, version: KdlVersion): Written {
  const options = Object.entries(pool.options)
  const head = [
    `pool ${writeString(pool.name)}`,
    // The first pool is the root pool without a word.
    ...(pool.root && index > 0 ? [`root=${writeValue(true, version)}`] : []),
    ...(pool.existing ? [`existing=${writeValue(true, version)}`] : []),
  ].join(' ')
  const block: Written[] = [
    ...pool.vdevs.map(vdevNode),
    ...(options.length === 0
      ? []
      : [
          {
            head: 'options',
            block: options.map(([name, value]) => ({ head: `${writeName(name)} ${writeValue(value, version)}` })),
          },
        ]),
  ]
  return block.length === 0 ? { head } : { head, block }
}

function sysconfigNodes(sysconfig: SysconfigConfig, version: KdlVersion): Written[] {
  return [
    ...leaf('hostname', sysconfig.hostname),
    ...sysconfig.nameservers.flatMap((one) => leaf('nameserver', one)),
    ...sysconfig.search.flatMap((one) => leaf('search', one)),
    ...leaf('timezone', sysconfig.timezone),
    ...leaf('locale', sysconfig.locale),
    ...sysconfig.interfaces.map(interfaceNode),
    ...sysconfig.users.map((user) => userNode(user, version)),
  ]
}

function interfaceNode(one: InterfaceConfig): Written {
  const selector = one.selector === null ? '' : ` selector=${writeString(one.selector)}`
  const block: Written[] = [
    ...one.addresses.map(addressNode),
    ...one.gateways.flatMap((gateway) => leaf('gateway', gateway)),
    ...(one.mtu === null ? [] : [{ head: `mtu ${one.mtu}` }]),
    ...(one.vlan === null ? [] : [{ head: `vlan id=${one.vlan}` }]),
  ]
  const head = `interface ${writeString(one.name)}${selector}`
  return block.length === 0 ? { head } : { head, block }
}

function userNode(user: UserConfig, version: KdlVersion): Written {
  const block: Written[] = [
    ...user.ssh_keys.flatMap((key) => leaf('ssh-key', key)),
    ...leaf('password-hash', user.password_hash),
    ...(user.sudo ? [{ head: `sudo ${writeValue(true, version)}` }] : []),
  ]
  const head = `user ${writeString(user.name)}`
  return block.length === 0 ? { head } : { head, block }
}
