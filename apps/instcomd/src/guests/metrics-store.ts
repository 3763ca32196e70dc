import type { Transaction } from '../database/database.ts'

/** A guest's newest figures as they are written. */
export interface LatestMetrics {
  readonly machine_id: string
  readonly at: Date
  readonly data: object
  /** Null: not reported this time, the last ones stay. */
  readonly processes: readonly object[] | null
  readonly services: readonly object[] | null
  readonly addresses: readonly string[]
}

/** Writes the newest figures of many guests in one statement, and that their machines were seen. */
export async function writeLatest(tx: Transaction, rows: readonly LatestMetrics[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => (a.machine_id < b.machine_id ? -1 : 1)) // one order, so that nobody deadlocks
  const ids = sorted.map(({ machine_id }) => machine_id)
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  await tx.query(
    `INSERT INTO guest_metrics AS m (machine_id, at, data, processes, services)
     SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::jsonb[], $4::jsonb[], $5::jsonb[])
     ON CONFLICT (machine_id) DO UPDATE SET at = excluded.at, data = excluded.data,
       processes = coalesce(excluded.processes, m.processes), services = coalesce(excluded.services, m.services)`,
    [
      ids,
      sorted.map(({ at }) => at),
      sorted.map(({ data }) => json(data)),
      sorted.map(({ processes }) => json(processes)),
      sorted.map(({ services }) => json(services)),
    ],
  )
  await tx.query(
    `UPDATE machines SET last_seen = clock_timestamp()
      WHERE machine_id = ANY ($1) AND (last_seen IS NULL OR last_seen < clock_timestamp() - interval '1 minute')`,
    [ids],
  )
}

/** A machine's addresses, now that they are others than before. */
export interface Moved {
  readonly machine_id: string
  readonly system_addresses: string[]
}

/** Writes the addresses that agents report; returns those that changed. */
export async function writeAddresses(tx: Transaction, rows: readonly LatestMetrics[]): Promise<Moved[]> {
  const input = rows.map(({ machine_id, addresses }) => ({ machine_id, addresses }))
  return tx.query<Moved>(
    `UPDATE machines m SET system_addresses = n.addresses
       FROM jsonb_to_recordset($1::jsonb) AS n (machine_id text, addresses text[])
      WHERE m.machine_id = n.machine_id AND m.system_addresses <> n.addresses RETURNING m.machine_id, m.system_addresses`,
    [JSON.stringify(input)],
  )
}
