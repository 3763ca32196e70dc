import type { AgentMetrics } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** A guest as the API shows it, before it is put into words. */
export interface GuestRow {
  readonly machine_id: string
  readonly hostname: string | null
  readonly tags: string[]
  readonly metrics_interval_s: number
  readonly link: 'virtio-serial' | 'websocket' | null
  readonly agent_version: string | null
  readonly protocol: number | null
  readonly platform: 'linux' | 'windows' | null
  readonly arch: string | null
  readonly boot_id: string | null
  readonly capabilities: string[]
  readonly signed: boolean
  /** Somebody holds the lease under which the session began. */
  readonly connected: boolean
  /** A session is written, and whoever served it is gone. */
  readonly orphaned: boolean
  readonly instance: string | null
  readonly connected_since: Date | null
  readonly last_contact: Date | null
  readonly problem: string | null
  readonly metrics_at: Date | null
  readonly metrics: AgentMetrics | null
}

/** What a link must know. */
export interface LinkFacts {
  readonly machine_id: string
  readonly secrets_sealed: string | null
  readonly latched: boolean
  readonly metrics_interval_s: number
}

const view = `
  SELECT g.machine_id, m.hostname, g.tags, g.metrics_interval_s, g.link, g.agent_version, g.protocol, g.platform, g.arch,
         g.boot_id, g.capabilities, g.signed, g.instance, g.connected_since, g.problem,
         g.session IS NOT NULL AND l.name IS NOT NULL AS connected,
         g.session IS NOT NULL AND l.name IS NULL AS orphaned,
         greatest(g.last_contact, gm.at) AS last_contact, gm.at AS metrics_at,
         jsonb_set(gm.data, '{system}', gm.data -> 'system' || jsonb_strip_nulls(jsonb_build_object(
           'processes', gm.processes, 'services', gm.services))) AS metrics
    FROM guests g JOIN machines m USING (machine_id)
    LEFT JOIN guest_metrics gm USING (machine_id)
    LEFT JOIN held_links l ON l.name = 'guest:' || g.machine_id AND l.owner = g.instance AND l.fence = g.fence`

/** SQL over `guests`. */
export const guestStore = {
  async read(tx: Transaction, machineId: string): Promise<GuestRow | null> {
    const [row] = await tx.query<GuestRow>(`${view} WHERE g.machine_id = $1`, [machineId])
    return row ?? null
  },

  async list(
    tx: Transaction,
    filter: { afterId: string; q: string | null; state: string | null; limit: number },
  ): Promise<GuestRow[]> {
    return tx.query<GuestRow>(
      `SELECT * FROM (${view}) AS g
        WHERE machine_id COLLATE "C" > $1
          AND ($2::text IS NULL OR strpos(lower(concat_ws(' ', machine_id, hostname, array_to_string(tags, ' '))), lower($2)) > 0)
          AND ($3::text IS NULL OR $3 = CASE WHEN NOT connected THEN 'disconnected' WHEN protocol = 1 THEN 'legacy' ELSE 'connected' END)
        ORDER BY machine_id COLLATE "C" LIMIT $4`,
      [filter.afterId, filter.q, filter.state, filter.limit],
    )
  },

  async facts(tx: Transaction, machineIds: readonly string[]): Promise<LinkFacts[]> {
    return tx.query<LinkFacts>(
      `SELECT machine_id, secrets_sealed, protocol2_at IS NOT NULL AS latched, metrics_interval_s
         FROM guests WHERE machine_id = ANY ($1)`,
      [machineIds],
    )
  },

  async change(
    tx: Transaction,
    machineId: string,
    set: { tags?: readonly string[] | undefined; metrics_interval_s?: number | undefined },
  ): Promise<void> {
    await tx.query(
      `UPDATE guests SET tags = coalesce($2, tags), metrics_interval_s = coalesce($3, metrics_interval_s)
        WHERE machine_id = $1`,
      [machineId, set.tags ?? null, set.metrics_interval_s ?? null],
    )
  },

  async lockSecrets(tx: Transaction, machineId: string): Promise<string | null> {
    const [row] = await tx.query<{ secrets_sealed: string | null }>(
      'SELECT secrets_sealed FROM guests WHERE machine_id = $1 FOR UPDATE',
      [machineId],
    )
    return row?.secrets_sealed ?? null
  },

  async writeSecrets(tx: Transaction, machineId: string, sealed: string): Promise<void> {
    await tx.query('UPDATE guests SET secrets_sealed = $2 WHERE machine_id = $1', [machineId, sealed])
  },

  async resetProtocol(tx: Transaction, machineId: string): Promise<void> {
    await tx.query('UPDATE guests SET protocol2_at = NULL WHERE machine_id = $1', [machineId])
  },

  /** Tells every instance that a guest's row changed; a hint, after the commit. */
  async notify(tx: Transaction, channel: string, machineId: string): Promise<void> {
    await tx.query('SELECT pg_notify($1, $2)', [channel, machineId])
  },

  /** Which of these are machines. */
  async known(tx: Transaction, machineIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>('SELECT machine_id FROM machines WHERE machine_id = ANY ($1)', [
      machineIds,
    ])
    return rows.map(({ machine_id }) => machine_id)
  },

  /** Replaces what this instance sees of sockets that name no machine. */
  async writeUnadopted(tx: Transaction, instance: string, odd: ReadonlyMap<string, string>): Promise<void> {
    await tx.query(`DELETE FROM unadopted_guests WHERE instance = $1 AND name <> ALL ($2)`, [instance, [...odd.keys()]])
    await tx.query(
      `INSERT INTO unadopted_guests (name, instance, problem)
       SELECT name, $1, problem FROM unnest($2::text[], $3::text[]) AS n (name, problem)
       ON CONFLICT (name, instance) DO UPDATE SET problem = excluded.problem, last_seen = now()`,
      [instance, [...odd.keys()], [...odd.values()]],
    )
  },

  /** Sockets without a machine, of instances that are alive. */
  async unadopted(
    tx: Transaction,
    filter: { afterId: string; q: string | null; limit: number },
  ): Promise<{ name: string; problem: string; last_seen: Date }[]> {
    return tx.query(
      `SELECT u.name, min(u.problem) AS problem, max(u.last_seen) AS last_seen
         FROM unadopted_guests u JOIN instances i ON i.id = u.instance
        WHERE i.stopped_at IS NULL AND u.name COLLATE "C" > $1 AND ($2::text IS NULL OR strpos(lower(u.name), lower($2)) > 0)
          AND NOT EXISTS (SELECT FROM machines m WHERE m.machine_id = u.name)
        GROUP BY u.name ORDER BY u.name COLLATE "C" LIMIT $3`,
      [filter.afterId, filter.q, filter.limit],
    )
  },
}
