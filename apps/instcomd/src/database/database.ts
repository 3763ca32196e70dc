/** One PostgreSQL session's worth of SQL; `$1…` parameters, rows as `pg` returns them (bigint columns as numbers below 2⁵³). */
export interface Transaction {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Runs `action` once what was written is committed (at once outside a transaction); never after a rollback. */
  afterCommit(action: () => void): void
}

/** The store. A query that loses its connection throws `database-unavailable`; a transaction then has not happened. */
export interface Database extends Transaction {
  /** Runs `work` in one transaction; retried from the start on serialization failures and deadlocks (40001, 40P01). */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** LISTEN on a channel with one long-lived connection; the handler is also called after every reconnect (a hint may be lost). */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
