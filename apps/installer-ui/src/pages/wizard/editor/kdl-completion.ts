import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { Inventory } from '@slipway/protocol'
import { printBytes } from '../../../ui/format-bytes.ts'

/** Nodes that may stand in a block, by the path of blocks to it. Source: machine-config.md. */
const nodes: Readonly<Record<string, readonly string[]>> = {
  '': ['pool', 'filesystem', 'wipe', 'image', 'boot-environment-name', 'swap', 'dump', 'reboot', 'agent', 'sysconfig'],
  pool: ['vdev', 'options'],
  'pool/vdev': ['disks'],
  'pool/options': ['compression', 'ashift', 'autotrim', 'atime', 'recordsize'],
  filesystem: ['disks'],
  wipe: ['disks'],
  sysconfig: ['hostname', 'nameserver', 'search', 'timezone', 'locale', 'interface', 'user'],
  'sysconfig/interface': ['address', 'gateway', 'mtu', 'vlan'],
  'sysconfig/user': ['ssh-key', 'password-hash', 'sudo'],
}

/** Words that a node takes as its argument. */
const words: Readonly<Record<string, readonly string[]>> = {
  vdev: ['mirror', 'raidz1', 'raidz2', 'raidz3', 'stripe', 'log', 'cache', 'spare', 'special', 'dedup'],
  wipe: ['quick', 'secure', 'none'],
  filesystem: ['ext4'],
  'kind=': ['static', 'dhcp4', 'dhcp6', 'addrconf'],
}

/** What could stand at the cursor: nodes by their place, words of the language, this machine's disks and interfaces. */
export function completeKdl({ disks, interfaces }: Pick<Inventory, 'disks' | 'interfaces'>) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(0, context.pos)
    const line = /[^\n;{}]*$/u.exec(before)?.[0] ?? ''
    const quoted = /"([^"\s]*)$/u.exec(line)?.[1]
    if (quoted !== undefined) return valuesFor(line, { disks, interfaces }, context.pos - quoted.length)
    const name = /^\s*([\w-]*)$/u.exec(line)?.[1]
    if (name === undefined || (name === '' && !context.explicit)) return null
    const options = (nodes[blockPath(before)] ?? []).map((label) => ({ label, type: 'keyword' }))
    return { from: context.pos - name.length, options, validFor: /^[\w-]*$/u }
  }
}

function valuesFor(
  line: string,
  { disks, interfaces }: Pick<Inventory, 'disks' | 'interfaces'>,
  from: number,
): CompletionResult | null {
  const node = /^\s*([\w-]+)/u.exec(line)?.[1] ?? ''
  const property = /([\w-]+=)"[^"]*$/u.exec(line)?.[1]
  if (property === 'selector=')
    return { from, options: interfaces.map((each) => ({ label: `mac:${each.mac}`, detail: each.name })) }
  if (node === 'disks') return { from, options: disks.map(diskOption) }
  const known = words[property ?? node]
  return known ? { from, options: known.map((label) => ({ label, type: 'constant' })) } : null
}

function diskOption({ name, bytes, model, serial }: Inventory['disks'][number]): Completion {
  return { label: name, detail: printBytes(bytes), info: [model, serial].filter((word) => word !== null).join(', ') }
}

/** Names of the open blocks around the end of a text, such as `sysconfig/interface`; strings and comments are stepped over. */
export function blockPath(before: string): string {
  const bare = before.replace(/"(?:[^"\\]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?\*\//gu, (text) => ' '.repeat(text.length))
  const open: string[] = []
  let statement = ''
  for (const character of bare) {
    if (character === '{') open.push(/^\s*([\w-]+)/u.exec(statement)?.[1] ?? '')
    if (character === '}') open.pop()
    statement = '{};\n'.includes(character) ? '' : statement + character
  }
  return open.join('/')
}
