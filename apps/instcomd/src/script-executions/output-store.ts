import type { ExecutionStatus } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

export interface OutputRow {
  readonly position: number
  readonly attempt: number
  readonly stream: 'stdout' | 'stderr'
  readonly seq: number
  readonly at: Date
  readonly data: string
}

/** SQL of reading `script_outputs`. */
export const outputStore = {
  async page(
    tx: Transaction,
    wish: { executionId: string; stream: 'stdout' | 'stderr' | null; after: number; limit: number },
  ): Promise<OutputRow[]> {
    return tx.query<OutputRow>(
      `SELECT position, attempt, stream, seq, at, data FROM script_outputs
        WHERE execution_id = $1 AND position > $2 AND ($3::text IS NULL OR stream = $3) ORDER BY position LIMIT $4`,
      [wish.executionId, wish.after, wish.stream, wish.limit],
    )
  },

  /** Null when the execution does not exist. */
  async status(tx: Transaction, executionId: string): Promise<ExecutionStatus | null> {
    const [row] = await tx.query<{ status: ExecutionStatus }>('SELECT status FROM script_executions WHERE id = $1', [
      executionId,
    ])
    return row?.status ?? null
  },
}
