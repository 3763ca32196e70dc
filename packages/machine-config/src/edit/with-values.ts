import { err, ok, type Result } from '@slipway/base'
import { machineConfigSchema, type Finding, type MachineConfig } from '@slipway/protocol'
import { placeFinding } from '../finding-list.ts'
import { makePlaces } from '../places.ts'
import { shown } from '../words.ts'
import { pointerSteps } from './pointer.ts'

/** Values for one machine by JSON pointer into the typed config, such as `/sysconfig/hostname`. */
export type ConfigValues = Readonly<Record<string, string | number | boolean>>

/**
 * Puts one machine's values into a parsed config; the template itself stays. A pointer names a value that the config has
 * (null counts), and the value is of that place's type: nothing is ever pasted into text. Fails with `edit-pointer-unknown`
 * or `edit-value-illegal`, one finding a value; whether the whole makes sense is for `checkConfig` to say.
 */
export function withValues(template: MachineConfig, values: ConfigValues): Result<MachineConfig, Finding[]> {
  const config = structuredClone(template)
  const findings: Finding[] = []
  for (const [pointer, value] of Object.entries(values)) {
    const before = put(config, pointer, value)
    if (before === undefined) findings.push(refusal('edit-pointer-unknown', pointer, value))
    else if (!machineConfigSchema.safeParse(config).success) {
      findings.push(refusal('edit-value-illegal', pointer, value))
      put(config, pointer, before.value)
    }
  }
  return findings.length > 0 ? err(findings) : ok(config)
}

/** What stood there; undefined where the config has no single value at the pointer. */
function put(config: object, pointer: string, value: unknown): { readonly value: unknown } | undefined {
  const steps = pointerSteps(pointer)
  const last = steps.pop()
  if (steps.shift() !== '' || last === undefined) return undefined
  const parent = steps.reduce<unknown>((at, step) => (hasOwn(at, step) ? at[step] : undefined), config)
  if (!hasOwn(parent, last)) return undefined
  const before = parent[last]
  if (typeof before === 'object' && before !== null) return undefined
  parent[last] = value
  return { value: before }
}

function hasOwn(at: unknown, key: string): at is Record<string, unknown> {
  return typeof at === 'object' && at !== null && Object.hasOwn(at, key) && !(Array.isArray(at) && key === 'length')
}

function refusal(code: 'edit-pointer-unknown' | 'edit-value-illegal', pointer: string, value: unknown): Finding {
  const isUnknown = code === 'edit-pointer-unknown'
  const message = isUnknown
    ? `The config has no value at ${shown(pointer)}.`
    : `The place ${shown(pointer)} cannot hold ${shown(String(value))}.`
  const cure = isUnknown
    ? 'Use a pointer into the config that checkConfig returns, such as `/sysconfig/hostname`.'
    : 'Give a value of the type that the place has.'
  return { ...placeFinding({ code, message, cure, pointer: '' }, makePlaces()), pointer }
}
