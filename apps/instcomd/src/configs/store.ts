import type { KeptConfig } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

export interface ConfigRow {
  readonly id: string
  readonly machine_id: string
  readonly created_at: Date
  readonly created_by: string
  readonly kdl: string
  readonly kdl_sha256: string
  readonly reason: string
}

/** SQL over `configs`: the same text for the same reason is kept once per machine. */
export const configStore = {
  async keep(tx: Transaction, config: Omit<ConfigRow, 'created_at'>): Promise<void> {
    await tx.query(
      `INSERT INTO configs (id, machine_id, created_by, kdl, kdl_sha256, reason) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (machine_id, kdl_sha256, reason) DO NOTHING`,
      [config.id, config.machine_id, config.created_by, config.kdl, config.kdl_sha256, config.reason],
    )
  },

  async read(tx: Transaction, id: string): Promise<ConfigRow | null> {
    const [row] = await tx.query<ConfigRow>('SELECT * FROM configs WHERE id = $1', [id])
    return row ?? null
  },

  /** Newest first: ids sort by time. */
  async list(
    tx: Transaction,
    filter: { machineId: string | null; before: string; limit: number },
  ): Promise<ConfigRow[]> {
    return tx.query<ConfigRow>(
      `SELECT * FROM configs WHERE ($1::text IS NULL OR machine_id = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`,
      [filter.machineId, filter.before, filter.limit],
    )
  },
}

/** A kept config without its text. */
export function keptConfig(row: ConfigRow): KeptConfig {
  const { id, machine_id, created_by, kdl_sha256, reason } = row
  return { id, machine_id, created_by, kdl_sha256, reason, created_at: row.created_at.toISOString() }
}
