import type { MachineConfig } from '@slipway/protocol'
import { withValues, type ConfigValues } from './with-values.ts'

/**
 * What a text (a cell of a table) means at a place of the config: of the type that the place holds, so `042` stays a hostname
 * and becomes a VLAN's number. Where nothing fits, the text itself, which `withValues` then refuses by name.
 */
export function typedValue(config: MachineConfig, pointer: string, text: string): ConfigValues[string] {
  const meanings = [text, ...(/^-?\d+$/u.test(text) ? [Number(text)] : []), ...truths(text)]
  return meanings.find((value) => withValues(config, { [pointer]: value }).ok) ?? text
}

function truths(text: string): boolean[] {
  return text === 'true' || text === '#true' ? [true] : text === 'false' || text === '#false' ? [false] : []
}
