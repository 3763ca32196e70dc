import type { Node } from '@bgotink/kdl'
import type { SysconfigConfig, UserConfig } from '@slipway/protocol'
import type { ReadContext } from './context.ts'
import { readInterface } from './read-interface.ts'
import { booleanOf, readLeaf, stringOf } from './read-leaf.ts'
import { readNode } from './read-node.ts'
import { placeValue } from '../places.ts'

/** Reads the part that `sysconfig` applies to the installed system. */
export function readSysconfig(context: ReadContext, node: Node, pointer: string): SysconfigConfig {
  const { children } = readNode(context, node, 'sysconfig', pointer)
  const text = (name: 'hostname' | 'timezone' | 'locale') =>
    stringOf(readLeaf(context, children(name)[0], name, `${pointer}/${name}`))
  const list = (name: 'nameserver' | 'search', key: string) =>
    children(name).map((one, index) => stringOf(readLeaf(context, one, name, `${pointer}/${key}/${index}`)) ?? '')
  return {
    hostname: text('hostname') ?? '',
    nameservers: list('nameserver', 'nameservers'),
    search: list('search', 'search'),
    timezone: text('timezone') ?? null,
    locale: text('locale') ?? null,
    interfaces: children('interface').map((one, index) =>
      readInterface(context, one, `${pointer}/interfaces/${index}`),
    ),
    users: children('user').map((one, index) => readUser(context, one, `${pointer}/users/${index}`)),
  }
}

function readUser(context: ReadContext, node: Node, pointer: string): UserConfig {
  const reading = readNode(context, node, 'user', pointer)
  const name = reading.arguments[0]
  if (name) placeValue(context.places, `${pointer}/name`, name)
  const hash = readLeaf(context, reading.children('password-hash')[0], 'password-hash', `${pointer}/password_hash`)
  return {
    name: stringOf(name) ?? '',
    ssh_keys: reading
      .children('ssh-key')
      .map((one, index) => stringOf(readLeaf(context, one, 'ssh-key', `${pointer}/ssh_keys/${index}`)) ?? ''),
    password_hash: stringOf(hash) ?? null,
    sudo: booleanOf(readLeaf(context, reading.children('sudo')[0], 'sudo', `${pointer}/sudo`)) ?? false,
  }
}
