import type { Machine } from '@slipway/protocol'
import { matchesWords } from '../../ui/matches-words.ts'

/** Whether a machine is among those that are looked for: every word in its name, id, address, status, holder or capabilities. */
export function matchesMachine(
  machine: Machine,
  filter: { readonly q: string; readonly status: string | undefined },
): boolean {
  if (filter.status !== undefined && machine.status !== filter.status) return false
  const { hostname, machine_id, address, system_addresses, status, kind, claim, capabilities } = machine
  return matchesWords(filter.q, [
    hostname,
    machine_id,
    address,
    ...system_addresses,
    status,
    kind,
    claim?.holder,
    ...capabilities,
  ])
}
