import type { Transaction } from '../database/database.ts'

interface LeaseRow {
  readonly machine_id: string
  readonly fence: number
}

/** `guest:` and the machine id: names of leases on agents' links. They are good while `links:<instance>` is (0008). */
const prefix = 'guest:'
const named = (ids: readonly string[]) => ids.map((id) => prefix + id)

/** SQL over `leases` for many links at once; ordered by name, so that two instances never deadlock. */
export const leaseStore = {
  /** Prolongs an instance's heartbeat; its fence grows when it had run out meanwhile, and then no link is the instance's. */
  async beat(tx: Transaction, owner: string, ms: number): Promise<number> {
    const [row] = await tx.query<{ fence: number }>(
      `INSERT INTO leases AS l (name, owner, fence, expires_at)
       VALUES ('links:' || $1, $1, 1, clock_timestamp() + $2 * interval '1 ms')
       ON CONFLICT (name) DO UPDATE SET expires_at = clock_timestamp() + $2 * interval '1 ms',
              fence = l.fence + CASE WHEN l.expires_at > clock_timestamp() THEN 0 ELSE 1 END
       RETURNING fence`,
      [owner, ms],
    )
    return row?.fence ?? 0
  },

  /** Gives back what an instance had: of an earlier life at its start, all at its end. */
  async releaseAll(tx: Transaction, owner: string): Promise<void> {
    await tx.query(
      `UPDATE leases SET expires_at = '-infinity', idle = true
        WHERE owner = $1 AND name LIKE 'guest:%' AND expires_at > clock_timestamp()`,
      [owner],
    )
  },

  /** Takes leases that nobody holds, or with `steal` those whose holder serves nobody there. */
  async acquire(
    tx: Transaction,
    input: { ids: readonly string[]; owner: string; steal: boolean },
  ): Promise<LeaseRow[]> {
    return tx.query<LeaseRow>(
      `INSERT INTO leases AS l (name, owner, fence, expires_at, idle)
       SELECT n, $2, 1, 'infinity', true
         FROM unnest($1::text[]) AS n LEFT JOIN held_links o ON o.name = n
        WHERE o.name IS NULL OR o.owner = $2 OR ($3 AND o.idle)
        ORDER BY n COLLATE "C"
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = l.fence + 1, idle = true, expires_at = 'infinity'
        WHERE l.owner = $2 OR l.expires_at <= clock_timestamp() OR ($3 AND l.idle)
           OR NOT EXISTS (SELECT FROM leases h WHERE h.name = 'links:' || l.owner AND h.expires_at > clock_timestamp())
       RETURNING substr(name, ${prefix.length + 1}) AS machine_id, fence`,
      [named(input.ids), input.owner, input.steal],
    )
  },

  /** How many links are an instance's, and the sum of their fences: whether anything was taken from it. */
  async sums(tx: Transaction, owner: string): Promise<{ count: number; fences: number }> {
    const [row] = await tx.query<{ count: number; fences: number }>(
      `SELECT count(*) AS count, coalesce(sum(fence), 0)::bigint AS fences FROM leases
        WHERE owner = $1 AND name LIKE 'guest:%' AND expires_at > clock_timestamp()`,
      [owner],
    )
    return row ?? { count: 0, fences: 0 }
  },

  async all(tx: Transaction, owner: string): Promise<LeaseRow[]> {
    return tx.query<LeaseRow>(
      `SELECT substr(name, ${prefix.length + 1}) AS machine_id, fence FROM leases
        WHERE owner = $1 AND name LIKE 'guest:%' AND expires_at > clock_timestamp()`,
      [owner],
    )
  },

  async release(tx: Transaction, leases: readonly LeaseRow[], owner: string): Promise<void> {
    await tx.query(
      `UPDATE leases l SET expires_at = '-infinity', idle = true FROM unnest($1::text[], $2::bigint[]) AS n (name, fence)
        WHERE l.name = n.name AND l.fence = n.fence AND l.owner = $3`,
      [named(leases.map(({ machine_id }) => machine_id)), leases.map(({ fence }) => fence), owner],
    )
  },

  /** Says that the owner serves somebody there; returns the machine ids whose lease is still the one of the fence. */
  async occupy(tx: Transaction, links: readonly LeaseRow[], owner: string): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `WITH n AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS n (name, fence)), ours AS (
         SELECT l.name FROM leases l JOIN n USING (name, fence)
          WHERE l.owner = $3 AND l.expires_at > clock_timestamp()
            AND EXISTS (SELECT FROM leases h WHERE h.name = 'links:' || $3 AND h.expires_at > clock_timestamp())
          ORDER BY l.name COLLATE "C" FOR UPDATE OF l
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
