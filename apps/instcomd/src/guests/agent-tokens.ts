import { Fault } from '@slipway/base'
import type { Transaction } from '../database/database.ts'
import { hashSecret, makeSecretText } from '../users/secret-text.ts'

const tokenHours = 24

/**
 * One-time tokens of machines: for the distribution routes and for one enrolment; good until used, until the agent's first
 * handshake, or for 24 hours. Only their hashes are stored.
 */
export const agentTokens = {
  /** Makes a token; its text is shown once. */
  async make(tx: Transaction, machineId: string, actor: string): Promise<{ token: string; expires_at: string }> {
    const token = makeSecretText('swa')
    const [row] = await tx.query<{ expires_at: Date }>(
      `INSERT INTO agent_tokens (secret_hash, machine_id, created_by, expires_at)
       VALUES ($1, $2, $3, clock_timestamp() + make_interval(hours => $4)) RETURNING expires_at`,
      [hashSecret(token), machineId, actor, tokenHours],
    )
    if (!row) throw new TypeError('INSERT … RETURNING returned nothing')
    return { token, expires_at: row.expires_at.toISOString() }
  },

  /** The machine of a token that is good now, without using it up; null for any other. */
  async machineOf(tx: Transaction, token: string): Promise<string | null> {
    const [row] = await tx.query<{ machine_id: string }>(
      `SELECT machine_id FROM agent_tokens
        WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp()`,
      [hashSecret(token)],
    )
    return row?.machine_id ?? null
  },

  /** Uses a token up for exactly its machine. Throws `enrolment-refused`. */
  async spend(tx: Transaction, token: string, machineId: string): Promise<void> {
    const rows = await tx.query(
      `UPDATE agent_tokens SET used_at = clock_timestamp()
        WHERE secret_hash = $1 AND machine_id = $2 AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING 1`,
      [hashSecret(token), machineId],
    )
    if (rows.length > 0) return
    throw new Fault(
      'enrolment-refused',
      `the token is not good for machine ${machineId}: it was used, has expired or belongs to another; make a new one (POST /api/guests/${machineId}/tokens)`,
    )
  },

  /** Tokens that nobody can use any more, a week later. */
  async expire(tx: Transaction): Promise<void> {
    await tx.query("DELETE FROM agent_tokens WHERE expires_at < now() - interval '7 days'")
  },
}
