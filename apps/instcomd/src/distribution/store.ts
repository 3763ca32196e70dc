import type { Database } from '../database/database.ts'

/** What is known of an agent, for `GET /infiniservice/health/:vmId`. */
export interface AgentRow {
  readonly agent_version: string | null
  readonly last_contact: Date | null
  readonly connected: boolean
}

/** The machine that an agent token stands for; it is good for these routes until the first handshake or until it expires. */
export async function findAgentToken(database: Database, secretHash: Buffer): Promise<string | null> {
  const [row] = await database.query<{ machine_id: string }>(
    'SELECT machine_id FROM agent_tokens WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > now()',
    [secretHash],
  )
  return row?.machine_id ?? null
}

/** The same for the health route: an installation is verified after the handshake too, for as long as the token would have run. */
export async function findSpentAgentToken(database: Database, secretHash: Buffer): Promise<string | null> {
  const [row] = await database.query<{ machine_id: string }>(
    'SELECT machine_id FROM agent_tokens WHERE secret_hash = $1 AND expires_at > now()',
    [secretHash],
  )
  return row?.machine_id ?? null
}

export async function findAgent(database: Database, machineId: string): Promise<AgentRow | null> {
  const [row] = await database.query<AgentRow>(
    `SELECT agent_version, last_contact, session IS NOT NULL AS connected FROM guests
     WHERE machine_id = $1 AND last_contact IS NOT NULL`,
    [machineId],
  )
  return row ?? null
}
