import { scriptFileSchema, type Script, type ScriptFile } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly revision: number
  readonly sha256: string
  readonly definition: unknown
  readonly created_at: Date
  readonly updated_at: Date
}

export interface ScriptFilter {
  readonly q: string | undefined
  readonly tag: string | undefined
  readonly limit: number
  /** Names are unique, so a page goes on behind the last one. */
  readonly afterName: string
}

/** SQL over `scripts`. */
export const scriptStore = {
  async read(tx: Transaction, id: string): Promise<Script | null> {
    const [row] = await tx.query<Row>('SELECT * FROM scripts WHERE id = $1', [id])
    return row ? toScript(row) : null
  },

  /** By id, else by name: people know names. */
  async find(tx: Transaction, idOrName: string): Promise<Script | null> {
    const [row] = await tx.query<Row>(
      'SELECT * FROM scripts WHERE id = $1 OR name = $1 ORDER BY (id = $1) DESC LIMIT 1',
      [idOrName],
    )
    return row ? toScript(row) : null
  },

  async list(tx: Transaction, filter: ScriptFilter): Promise<Script[]> {
    const rows = await tx.query<Row>(
      `SELECT * FROM scripts
        WHERE name > $1 AND ($3::text IS NULL OR definition -> 'tags' ? $3)
          AND ($2::text IS NULL OR strpos(lower(concat_ws(' ', name, definition ->> 'description',
                 definition ->> 'category')), lower($2)) > 0)
        ORDER BY name LIMIT $4`,
      [filter.afterName, filter.q ?? null, filter.tag ?? null, filter.limit],
    )
    return rows.map(toScript)
  },

  /** Null when the name is taken. */
  async insert(
    tx: Transaction,
    made: { id: string; script: ScriptFile; sha256: string; by: string },
  ): Promise<Script | null> {
    const [row] = await tx.query<Row>(
      `INSERT INTO scripts (id, name, sha256, definition, created_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (name) DO NOTHING RETURNING *`,
      [made.id, made.script.name, made.sha256, JSON.stringify(made.script), made.by],
    )
    return row ? toScript(row) : null
  },

  async isNameTaken(tx: Transaction, name: string, otherThan: string): Promise<boolean> {
    return (await tx.query('SELECT 1 FROM scripts WHERE name = $1 AND id <> $2', [name, otherThan])).length > 0
  },

  async update(tx: Transaction, made: { id: string; script: ScriptFile; sha256: string }): Promise<Script | null> {
    const [row] = await tx.query<Row>(
      `UPDATE scripts SET name = $2, definition = $3, updated_at = now(), sha256 = $4,
              revision = revision + (sha256 <> $4)::int
        WHERE id = $1 RETURNING *`,
      [made.id, made.script.name, JSON.stringify(made.script), made.sha256],
    )
    return row ? toScript(row) : null
  },

  /** What still needs a script: executions that have not ended, and schedules that run. */
  async uses(tx: Transaction, id: string): Promise<{ executions: number; schedules: number }> {
    const [row] = await tx.query<{ executions: number; schedules: number }>(
      `SELECT (SELECT count(*) FROM script_executions WHERE scriptId = $1 AND status IN ('PENDING', 'RUNNING')) AS executions,
              (SELECT count(*) FROM schedules WHERE script_id = $1 AND enabled AND next_run_at IS NOT NULL) AS schedules`,
      [id],
    )
    return row ?? { executions: 0, schedules: 0 }
  },

  async remove(tx: Transaction, id: string): Promise<boolean> {
    return (await tx.query('DELETE FROM scripts WHERE id = $1 RETURNING 1', [id])).length > 0
  },
}

function toScript(row: Row): Script {
  const { id, revision, sha256, created_at, updated_at } = row
  return {
    ...scriptFileSchema.parse(row.definition),
    id,
    revision,
    sha256,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}
