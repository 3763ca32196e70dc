import type { Transaction } from './database.ts'

/** Transactions that the database has committed since its statistics began (pg_stat_database, monitoring-stats of the manual). */
export async function readCommits(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ commits: number }>(
    'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()',
  )
  return row?.commits ?? 0
}
