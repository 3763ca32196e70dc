import { ok, type Result } from '@slipway/base'
import { addPart, removePart, setValue } from '@slipway/machine-config'
import type { Finding, Inventory, MachineConfig } from '@slipway/protocol'
import { isBlank, usableDisks } from '../draft/layouts.ts'

/** A cure that a click carries out. */
export interface Cure {
  readonly title: string
  readonly edit: (text: string) => Result<string, Finding[]>
}

interface Known {
  readonly inventory: Inventory
  readonly config: MachineConfig | null
}

/** Cures of a finding that need no further thought; those that do are left to the person. */
export function curesFor(finding: Finding, { inventory, config }: Known): Cure[] {
  const { code, pointer } = finding
  if (config === null) return []
  if (code === 'disk-not-found' || code === 'disk-ambiguous') return otherDisks(pointer, inventory, config)
  if (code === 'disk-not-blank') return wipe(pointer, config)
  if (code === 'wiped-disk-unused' || code === 'disk-twice') return [{ title: 'Take it out', edit: takeOut(pointer) }]
  if (code === 'interface-not-found') return otherInterfaces(pointer, inventory)
  if (code === 'mirror-of-one-disk')
    return [{ title: 'Write stripe', edit: (text) => setValue(text, `${vdevOf(pointer)}/kind`, 'stripe') }]
  if (code === 'gateway-not-on-link' || code === 'gateway-is-own-address')
    return [{ title: 'Take the gateway out', edit: takeOut(pointer) }]
  return []
}

/** Every disk that the config names. */
export function namedDisks({ pools, filesystem }: Pick<MachineConfig, 'pools' | 'filesystem'>): string[] {
  return [...pools.flatMap(({ vdevs }) => vdevs.flatMap(({ disks }) => disks)), ...(filesystem?.disks ?? [])]
}

function otherDisks(pointer: string, { disks }: Inventory, config: MachineConfig): Cure[] {
  const used = new Set(namedDisks(config))
  return usableDisks(disks)
    .filter((disk) => isBlank(disk) && !used.has(disk.name))
    .slice(0, 3)
    .map(({ name }) => ({ title: `Use ${name}`, edit: (text: string) => setValue(text, pointer, name) }))
}

function wipe(pointer: string, config: MachineConfig): Cure[] {
  const name = valueAt(config, pointer)
  if (typeof name !== 'string') return []
  const at = config.wipes.findIndex(({ mode }) => mode === 'quick')
  const edit = (text: string) =>
    at >= 0
      ? setValue(text, `/wipes/${at}/disks/-`, name)
      : addPart(text, '', { kind: 'wipe', value: { mode: 'quick', disks: [name] } })
  return [{ title: `Wipe ${name}`, edit }]
}

function otherInterfaces(pointer: string, { interfaces }: Inventory): Cure[] {
  const at = /^\/sysconfig\/interfaces\/\d+/u.exec(pointer)?.[0]
  if (at === undefined) return []
  return interfaces.slice(0, 3).map(({ name, mac }) => ({
    title: `Use ${name}`,
    edit: (text: string) => setValue(text, `${at}/selector`, `mac:${mac}`),
  }))
}

function takeOut(pointer: string) {
  return (text: string): Result<string, Finding[]> => {
    const value = setValue(text, pointer, null)
    if (value.ok) return value
    const part = removePart(text, pointer)
    return part.ok ? part : ok(text)
  }
}

function vdevOf(pointer: string): string {
  return /^\/pools\/\d+\/vdevs\/\d+/u.exec(pointer)?.[0] ?? pointer
}

function valueAt(config: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined), config)
}
