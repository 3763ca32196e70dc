import type { Transaction } from '../database/database.ts'

interface LeaseRow {
  readonly machine_id: string
  readonly fence: number
}

/** `guest:` and the machine id: names of leases on agents' links. */
const prefix = 'guest:'
const named = (ids: readonly string[]) => ids.map((id) => prefix + id)

/** SQL over `leases` for many links at once; ordered by name, so that two instances never deadlock. */
export const leaseStore = {
  /** Takes leases that nobody holds; our own from before a restart count as free. */
  async acquire(
    tx: Transaction,
    input: { ids: readonly string[]; owner: string; ms: number; steal: boolean },
  ): Promise<LeaseRow[]> {
    return tx.query<LeaseRow>(
      `INSERT INTO leases AS l (name, owner, fence, expires_at, idle)
       SELECT n, $2, 1, clock_timestamp() + $3 * interval '1 ms', true
         FROM unnest($1::text[]) AS n LEFT JOIN leases o ON o.name = n
        WHERE o.name IS NULL OR o.owner = $2 OR o.expires_at < clock_timestamp() OR ($4 AND o.idle)
        ORDER BY n COLLATE "C"
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = l.fence + 1, idle = true,
              expires_at = clock_timestamp() + $3 * interval '1 ms'
        WHERE l.owner = $2 OR l.expires_at < clock_timestamp() OR ($4 AND l.idle)
       RETURNING substr(name, ${prefix.length + 1}) AS machine_id, fence`,
      [named(input.ids), input.owner, input.ms, input.steal],
    )
  },

  /** Prolongs what is still ours; what is missing in the answer is lost. */
  async renew(tx: Transaction, ids: readonly string[], owner: string, ms: number): Promise<LeaseRow[]> {
    return tx.query<LeaseRow>(
      `WITH ours AS (
         SELECT name FROM leases WHERE name = ANY ($1) AND owner = $2 AND expires_at > clock_timestamp()
          ORDER BY name COLLATE "C" FOR UPDATE
       )
       UPDATE leases l SET expires_at = clock_timestamp() + $3 * interval '1 ms' FROM ours WHERE l.name = ours.name
       RETURNING substr(l.name, ${prefix.length + 1}) AS machine_id, l.fence`,
      [named(ids), owner, ms],
    )
  },

  async release(tx: Transaction, ids: readonly string[], owner: string): Promise<void> {
    await tx.query(
      `UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms', idle = true
        WHERE name = ANY ($1) AND owner = $2`,
      [named(ids), owner],
    )
  },

  /** Says that the owner serves somebody there; returns the machine ids whose lease is still the one of the fence. */
  async occupy(
    tx: Transaction,
    links: readonly { machine_id: string; fence: number }[],
    owner: string,
  ): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `WITH n AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS n (name, fence)), ours AS (
         SELECT l.name FROM leases l JOIN n USING (name, fence)
          WHERE l.owner = $3 AND l.expires_at > clock_timestamp() ORDER BY l.name COLLATE "C" FOR UPDATE OF l
       )
       UPDATE leases l SET idle = false FROM ours WHERE l.name = ours.name
       RETURNING substr(l.name, ${prefix.length + 1}) AS machine_id`,
      [named(links.map(({ machine_id }) => machine_id)), links.map(({ fence }) => fence), owner],
    )
    return rows.map(({ machine_id }) => machine_id)
  },

  async vacate(tx: Transaction, ids: readonly string[], owner: string): Promise<void> {
    await tx.query('UPDATE leases SET idle = true WHERE name = ANY ($1) AND owner = $2 AND NOT idle', [
      named(ids),
      owner,
    ])
  },
}
