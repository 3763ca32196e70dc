import type { guestSchema } from '@slipway/protocol'
import type { z } from 'zod'
import type { GuestRow } from './guest-store.ts'

type Guest = z.input<typeof guestSchema>

const neverSeen = 'no agent has reported yet: install infiniservice in the machine, and check that its link is there'

/** A guest as the API shows it. */
export function guestView(row: GuestRow): Guest {
  const { connected } = row
  return {
    machine_id: row.machine_id,
    name: row.hostname,
    state: connected ? (row.protocol === 1 ? 'legacy' : 'connected') : 'disconnected',
    problem: connected ? null : problemOf(row),
    link: row.link,
    agent_version: row.agent_version,
    protocol: row.protocol,
    platform: row.platform,
    arch: row.arch,
    boot_id: row.boot_id,
    capabilities: row.capabilities,
    tags: row.tags,
    signed: row.signed,
    connected_since: connected ? (row.connected_since?.toISOString() ?? null) : null,
    last_contact: row.last_contact?.toISOString() ?? null,
    metrics: row.metrics && row.metrics_at ? { at: row.metrics_at.toISOString(), data: row.metrics } : null,
  }
}

/** A socket whose name is no machine; or a file that is no socket. */
export function unadoptedView(row: { name: string; problem: string }): Guest {
  return {
    machine_id: row.name,
    name: null,
    state: 'unadopted',
    problem: row.problem,
    link: 'virtio-serial',
    agent_version: null,
    protocol: null,
    platform: null,
    arch: null,
    boot_id: null,
    capabilities: [],
    tags: [],
    signed: false,
    connected_since: null,
    last_contact: null,
    metrics: null,
  }
}

function problemOf(row: GuestRow): string {
  if (row.orphaned) return 'the server that held the link is gone; another one takes it over within 15 s'
  return row.problem ?? neverSeen
}
