import { agentAddresses, type Guest } from '@slipway/protocol'
import { matchesWords } from '../../ui/matches-words.ts'

/** Whether a guest is among those that are looked for: every word in its name, id, system, version, address or tags. */
export function matchesGuest(
  guest: Guest,
  filter: { readonly q: string; readonly state: string | undefined },
): boolean {
  if (filter.state !== undefined && guest.state !== filter.state) return false
  const { machine_id, name, platform, agent_version, tags, metrics } = guest
  const addresses = metrics ? agentAddresses(metrics.data) : []
  const system = metrics?.data.system.system.name
  return matchesWords(filter.q, [machine_id, name, platform, agent_version, system, ...tags, ...addresses])
}
