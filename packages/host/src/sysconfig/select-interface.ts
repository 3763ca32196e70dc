import type { InterfaceConfig } from '@slipway/protocol'
import type { InterfaceFact } from './sysconfig-plan.ts'

/**
 * Finds the interface that a config means: by selector; else by the name that the system gives it; else `netN` is the
 * N-th physical one in bus order (machine-config.md). Null when it is not on this machine.
 */
export function selectInterface(entry: InterfaceConfig, facts: readonly InterfaceFact[]): InterfaceFact | null {
  if (entry.selector !== null) return bySelector(entry.selector, facts)
  const named = facts.find((fact) => fact.name === entry.name)
  if (named) return named
  const index = /^net(\d{1,4})$/.exec(entry.name)?.[1]
  return index === undefined ? null : (facts.find((fact) => fact.bus_index === Number(index)) ?? null)
}

function bySelector(selector: string, facts: readonly InterfaceFact[]): InterfaceFact | null {
  const [kind, ...rest] = selector.split(':')
  const value = rest.join(':').toLowerCase()
  if (kind === 'mac') return facts.find((fact) => fact.mac === value) ?? null
  if (kind === 'driver') return facts.find((fact) => fact.driver?.toLowerCase() === value) ?? null
  return null
}

/** The MAC that a config's interface is matched by on the installed system; null when only its name is known. */
export function macOf(entry: InterfaceConfig, facts: readonly InterfaceFact[]): string | null {
  if (entry.selector?.startsWith('mac:')) return entry.selector.slice('mac:'.length).toLowerCase()
  return selectInterface(entry, facts)?.mac ?? null
}
