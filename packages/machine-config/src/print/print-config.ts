import type { InterfaceConfig, MachineConfig, PoolConfig, SysconfigConfig, UserConfig } from '@slipway/protocol'
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

/** Writes one interface as lines of KDL, each with its indentation. */
export function printInterface(one: InterfaceConfig, indent: string): string[] {
  return writeNode(interfaceNode(one), indent)
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
    ...(filesystem ? [{ head: 'filesystem "ext4"', block: [disksNode(filesystem.disks)] }] : []),
    ...config.wipes.map((wipe) => ({ head: `wipe ${writeString(wipe.mode)}`, block: [disksNode(wipe.disks)] })),
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
    ...pool.vdevs.map((vdev) => ({ head: `vdev ${writeString(vdev.kind)}`, block: [disksNode(vdev.disks)] })),
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
    ...one.addresses.map((address) => {
      const value = address.address === null ? '' : ` ${writeString(address.address)}`
      return { head: `address name=${writeString(address.name)} kind=${writeString(address.kind)}${value}` }
    }),
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
