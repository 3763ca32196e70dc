import pg from 'pg'

/** A statement of ours that takes longer has lost its way; milliseconds. */
const statementTimeoutMs = 30_000

const int8 = 20 // OID of bigint in pg_type

/** Options for every connection: bigint as number, bounded waits, UTC. `max` connections for one instance. */
export function poolOptions(url: string, max: number): pg.PoolConfig {
  return {
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5000, // the server's own limit comes first; this one is for a dead network
    application_name: 'instcomd',
    types: { getTypeParser },
  }
}

// pg's own types are overloads over an enum of OIDs; a plain function over numbers serves all of them.
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? parseBigint : pg.types.getTypeParser(oid, format)

function parseBigint(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`)
  return value
}
