import type { ConfigValues } from '@slipway/machine-config'
import type { Transaction } from '../database/database.ts'
import type { InstallationRow } from '../installations/store.ts'

/** A row of `install_batches`, with how many of its installations are in which state. */
export interface BatchRow {
  readonly id: string
  readonly position: number
  readonly name: string
  readonly kdl: string
  readonly created_by: string
  readonly created_at: Date
  readonly states: Readonly<Record<string, number>>
}

export interface BatchMachine {
  readonly machineId: string
  readonly values: ConfigValues
  readonly installationId: string
}

export interface NewBatch {
  readonly id: string
  readonly name: string
  readonly kdl: string
  readonly createdBy: string
  /** In the order in which they were asked for. */
  readonly machines: readonly BatchMachine[]
}

const withStates = `SELECT b.*, (SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM
       (SELECT i.state, count(*)::int AS n FROM install_batch_machines m JOIN installations i USING (installation_id)
         WHERE m.batch_id = b.id GROUP BY i.state) AS counted) AS states
  FROM install_batches b`

/** SQL over `install_batches` and `install_batch_machines`. */
export const batchStore = {
  async insert(tx: Transaction, batch: NewBatch): Promise<void> {
    await tx.query('INSERT INTO install_batches (id, name, kdl, created_by) VALUES ($1, $2, $3, $4)', [
      batch.id,
      batch.name,
      batch.kdl,
      batch.createdBy,
    ])
    await tx.query(
      `INSERT INTO install_batch_machines (batch_id, ordinal, machine_id, values, installation_id)
       SELECT $1, ordinality, m->>'machineId', m->'values', m->>'installationId'
         FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS t (m, ordinality)`,
      [batch.id, JSON.stringify(batch.machines)],
    )
  },

  async list(tx: Transaction, filter: { before: number; limit: number }): Promise<BatchRow[]> {
    return tx.query<BatchRow>(`${withStates} WHERE b.position < $1 ORDER BY b.position DESC LIMIT $2`, [
      filter.before,
      filter.limit,
    ])
  },

  async read(tx: Transaction, id: string): Promise<BatchRow | null> {
    const [row] = await tx.query<BatchRow>(`${withStates} WHERE b.id = $1`, [id])
    return row ?? null
  },

  async machines(tx: Transaction, id: string): Promise<(InstallationRow & { readonly values: ConfigValues })[]> {
    return tx.query(
      `SELECT i.*, m.values FROM install_batch_machines m JOIN installations i USING (installation_id)
        WHERE m.batch_id = $1 ORDER BY m.ordinal`,
      [id],
    )
  },
}
