import { backoffDelay, delay, Fault, type Logger } from '@slipway/base'
import pg from 'pg'
import { asDatabaseError, isConnectionLoss, sqlState } from './connection-loss.ts'
import type { Database, Transaction } from './database.ts'
import { Listener } from './listener.ts'
import { poolOptions } from './pool-options.ts'

/** Connections of one instance; PostgreSQL's own default admits 100 for all of them. */
const defaultConnections = 20

/** Prepared statements of one connection, some kilobytes each. */
const maxStatements = 500

const conflictRetry = { firstMs: 5, capMs: 250, tries: 8 }

/** How long a commit whose answer was lost is asked after, once PostgreSQL is back. */
const commitInquiryMs = 15_000

/**
 * Opens a pool on a PostgreSQL URL. Connects when first used, so it succeeds while the server is away:
 * each query then throws `database-unavailable`, and works again when the server is back.
 */
export function openDatabase(options: { url: string; logger: Logger; connections?: number }): Database {
  const config = poolOptions(options.url, options.connections ?? defaultConnections)
  const pool = new pg.Pool(config)
  pool.on('error', (error) => options.logger.debug({ err: error }, 'an idle database connection ended'))
  const listener = new Listener(config, options.logger)

  async function query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return runQuery<Row>(pool, text, values)
  }

  return {
    query,
    afterCommit: (action) => action(),
    transaction: (work) => retryConflicts(() => runTransaction(pool, work)),
    listen: (channel, handler) => listener.listen(channel, handler),
    async close() {
      await listener.close()
      await pool.end()
    },
  }
}

const statementNames = new Map<string, { name: string }>()

/** Our queries are constants: PostgreSQL parses each once per connection. The bound is for texts that are not constant. */
function prepared(text: string, values: readonly unknown[]): { name: string } | null {
  if (values.length === 0) return null
  const known = statementNames.get(text)
  if (known || statementNames.size >= maxStatements) return known ?? null
  const made = { name: `q${statementNames.size}` }
  statementNames.set(text, made)
  return made
}

async function runQuery<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    // pg wants a mutable array and does not change it.
    const result = await on.query<Row>({ text, values: values as unknown[], ...prepared(text, values) })
    return result.rows
  } catch (error) {
    throw asDatabaseError(error)
  }
}

/** Repeats what PostgreSQL asks to repeat: serialization failure, deadlock. */
async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      const state = sqlState(error)
      if ((state !== '40001' && state !== '40P01') || attempt >= conflictRetry.tries) throw error
      await delay(backoffDelay(conflictRetry, attempt))
    }
  }
}

async function runTransaction<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asDatabaseError(error)
  })
  // Without a listener an error between two queries (server killed) would end the process.
  const ignore = () => undefined
  client.on('error', ignore)
  const actions: (() => void)[] = []
  const tx: Transaction = {
    query: (text, values) => runQuery(client, text, values),
    afterCommit: (action) => actions.push(action),
  }
  let broken = false
  try {
    await tx.query('BEGIN')
    const result = await work(tx)
    await commit(pool, client)
    for (const action of actions) action()
    return result
  } catch (error) {
    broken = isConnectionLoss(error)
    if (!broken) await client.query('ROLLBACK').catch(() => (broken = true))
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/** A connection lost during COMMIT leaves open what happened: PostgreSQL itself is asked (pg_xact_status). */
async function commit(pool: pg.Pool, client: pg.PoolClient): Promise<void> {
  const [row] = await runQuery<{ xid: string | null }>(client, 'SELECT pg_current_xact_id_if_assigned()::text AS xid')
  try {
    await client.query('COMMIT')
  } catch (error) {
    if (!isConnectionLoss(error)) throw error
    if (row?.xid && (await wasCommitted(pool, row.xid))) return
    throw asDatabaseError(error)
  }
}

async function wasCommitted(pool: pg.Pool, xid: string): Promise<boolean> {
  const deadline = Date.now() + commitInquiryMs
  for (let attempt = 1; Date.now() < deadline; attempt += 1) {
    const rows = await runQuery<{ status: string | null }>(pool, 'SELECT pg_xact_status($1::xid8) AS status', [
      xid,
    ]).catch(() => null) // still away: asked again until the deadline
    const status = rows?.[0]?.status
    if (status === 'committed') return true
    if (status === 'aborted') return false
    await delay(backoffDelay(conflictRetry, attempt) + 20)
  }
  throw new Fault(
    'database-unavailable',
    `PostgreSQL went away during a commit and did not come back within ${commitInquiryMs / 1000} s; whether transaction ${xid} happened is unknown`,
  )
}
