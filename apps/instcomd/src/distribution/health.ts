import type { Database } from '../database/database.ts'
import { findAgent } from './store.ts'

/** What `GET /infiniservice/health/:vmId` answers: whether the installation of an agent worked. */
export interface AgentHealth {
  readonly vm_id: string
  /** True once its handshake, or a legacy agent's first line, arrived. */
  readonly seen: boolean
  readonly connected: boolean
  readonly version: string | null
  /** RFC 3339. */
  readonly last_contact: string | null
}

/** Reads it from the guests; a machine that nobody knows looks like one whose agent has not come yet. */
export async function readHealth(database: Database, vmId: string): Promise<AgentHealth> {
  const agent = await findAgent(database, vmId)
  return {
    vm_id: vmId,
    seen: agent !== null,
    connected: agent?.connected ?? false,
    version: agent?.agent_version ?? null,
    last_contact: agent?.last_contact?.toISOString() ?? null,
  }
}
