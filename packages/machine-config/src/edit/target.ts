import { printSize } from '../size.ts'
import type { KdlVersion } from '../kdl-text.ts'
import { writeName, writeString, writeValue } from '../print/kdl-writing.ts'
import { unescapeStep } from './pointer.ts'

export type EditValue = string | number | boolean | null

/** Where the value of a pointer is written when it is not there yet. */
export type Target =
  /** A node with the value as its argument (or `property`), in the block of the node at `parent`. */
  | { readonly kind: 'node'; readonly parent: string; readonly node: string; readonly property?: string }
  /** A property or a further argument of the node at `parent`. */
  | { readonly kind: 'property'; readonly parent: string; readonly name: string }
  | { readonly kind: 'argument'; readonly parent: string }
  | { readonly kind: 'option'; readonly pool: string; readonly name: string }

interface Rule {
  readonly pattern: RegExp
  readonly target: (match: readonly string[]) => Target
}

const inBlock = (pattern: RegExp, node: string, property?: string): Rule => ({
  pattern,
  target: ([, parent = '']) => ({ kind: 'node', parent, node, ...(property !== undefined && { property }) }),
})
const asProperty = (pattern: RegExp): Rule => ({
  pattern,
  target: ([, parent = '', name = '']) => ({ kind: 'property', parent, name }),
})
const asArgument = (pattern: RegExp): Rule => ({
  pattern,
  target: ([, parent = '']) => ({ kind: 'argument', parent }),
})

/** Every place of the typed config that can be added (index `-` or the next one adds to a list). */
const rules: readonly Rule[] = [
  inBlock(/^()\/image$/u, 'image'),
  inBlock(/^()\/boot_environment_name$/u, 'boot-environment-name'),
  inBlock(/^()\/swap_bytes$/u, 'swap'),
  inBlock(/^()\/dump_bytes$/u, 'dump'),
  inBlock(/^()\/reboot$/u, 'reboot'),
  inBlock(/^()\/agent$/u, 'agent'),
  inBlock(/^(\/sysconfig)\/hostname$/u, 'hostname'),
  inBlock(/^(\/sysconfig)\/timezone$/u, 'timezone'),
  inBlock(/^(\/sysconfig)\/locale$/u, 'locale'),
  inBlock(/^(\/sysconfig)\/nameservers\/(?:-|\d+)$/u, 'nameserver'),
  inBlock(/^(\/sysconfig)\/search\/(?:-|\d+)$/u, 'search'),
  inBlock(/^(\/sysconfig\/interfaces\/\d+)\/mtu$/u, 'mtu'),
  inBlock(/^(\/sysconfig\/interfaces\/\d+)\/vlan$/u, 'vlan', 'id'),
  inBlock(/^(\/sysconfig\/interfaces\/\d+)\/gateways\/(?:-|\d+)$/u, 'gateway'),
  inBlock(/^(\/sysconfig\/users\/\d+)\/password_hash$/u, 'password-hash'),
  inBlock(/^(\/sysconfig\/users\/\d+)\/sudo$/u, 'sudo'),
  inBlock(/^(\/sysconfig\/users\/\d+)\/ssh_keys\/(?:-|\d+)$/u, 'ssh-key'),
  asProperty(/^(\/pools\/\d+)\/(root|existing)$/u),
  asProperty(/^(\/sysconfig\/interfaces\/\d+)\/(selector)$/u),
  asProperty(/^(\/sysconfig\/interfaces\/\d+\/addresses\/\d+)\/(name|kind)$/u),
  asArgument(/^(\/sysconfig\/interfaces\/\d+\/addresses\/\d+)\/address$/u),
  asArgument(/^(\/(?:pools\/\d+\/vdevs\/\d+|filesystem|wipes\/\d+)\/disks)\/(?:-|\d+)$/u),
  {
    pattern: /^(\/pools\/\d+)\/options\/([^/]+)$/u,
    target: ([, pool = '', name = '']) => ({
      kind: 'option',
      pool,
      name: unescapeStep(name),
    }),
  },
]

/** Finds where a pointer is written; undefined if it names no value of a config. */
export function findTarget(pointer: string): Target | undefined {
  for (const { pattern, target } of rules) {
    const match = pattern.exec(pointer)
    if (match) return target(match)
  }
  return undefined
}

/** Writes a value as the text has it at this pointer: sizes as "4G", everything else as it is. */
export function writeAt(pointer: string, value: Exclude<EditValue, null>, version: KdlVersion): string {
  const isSize = pointer === '/swap_bytes' || pointer === '/dump_bytes'
  return isSize && typeof value === 'number' ? writeString(printSize(value)) : writeValue(value, version)
}

/** Writes a whole node that carries one value. */
export function writeLeaf(node: string, property: string | undefined, source: string): string {
  return `${writeName(node)} ${property === undefined ? '' : `${property}=`}${source}`
}
