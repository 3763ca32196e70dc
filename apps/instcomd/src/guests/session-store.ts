import type { Transaction } from '../database/database.ts'

/** A session that begins, as its row is written. */
export interface SessionRow {
  readonly machine_id: string
  readonly session: string
  readonly fence: number
  readonly link: 'virtio-serial' | 'websocket'
  readonly protocol: 1 | 2
  readonly signed: boolean
  readonly agent_version: string | null
  readonly platform: 'linux' | 'windows' | null
  readonly arch: string | null
  readonly boot_id: string | null
  readonly capabilities: readonly string[]
}

/** SQL of sessions that begin and end, for many machines at once. */
export const sessionStore = {
  /** Makes the rows of guests that have none, so that updates find them. */
  async ensure(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await tx.query(
      `INSERT INTO guests (machine_id) SELECT machine_id FROM machines WHERE machine_id = ANY ($1)
        ORDER BY machine_id ON CONFLICT DO NOTHING`,
      [machineIds],
    )
  },

  /** Writes sessions; latches protocol 2. A legacy agent tells nothing of itself: what was known stays. */
  async begin(tx: Transaction, rows: readonly SessionRow[], instance: string): Promise<void> {
    await tx.query(
      `UPDATE guests g SET session = n.session, instance = $2, fence = n.fence, link = n.link, protocol = n.protocol,
              signed = n.signed, agent_version = coalesce(n.agent_version, g.agent_version),
              platform = coalesce(n.platform, g.platform), arch = coalesce(n.arch, g.arch),
              boot_id = coalesce(n.boot_id, g.boot_id),
              capabilities = CASE WHEN n.protocol = 2 THEN n.capabilities ELSE '{}' END,
              protocol2_at = CASE WHEN n.protocol = 2 THEN coalesce(g.protocol2_at, clock_timestamp()) ELSE g.protocol2_at END,
              connected_since = clock_timestamp(), last_contact = clock_timestamp(), problem = NULL
         FROM jsonb_to_recordset($1::jsonb) AS n (machine_id text, session text, fence bigint, link text, protocol smallint,
              signed boolean, agent_version text, platform text, arch text, boot_id text, capabilities text[])
        WHERE g.machine_id = n.machine_id AND g.fence <= n.fence`,
      [JSON.stringify(rows), instance],
    )
  },

  /** A token for downloading the agent is good until the first handshake (agent.md, "Distribution"). */
  async spendTokens(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await tx.query(
      'UPDATE agent_tokens SET used_at = clock_timestamp() WHERE machine_id = ANY ($1) AND used_at IS NULL',
      [machineIds],
    )
  },

  /** machines.md: `managed` once the agent reports; never while an installation runs. Returns those that changed. */
  async markManaged(tx: Transaction, machineIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `WITH old AS (
         SELECT machine_id, status, offline FROM machines WHERE machine_id = ANY ($1) ORDER BY machine_id FOR UPDATE
       )
       UPDATE machines m SET status = 'managed', offline = false, last_seen = clock_timestamp() FROM old
        WHERE m.machine_id = old.machine_id
          AND NOT EXISTS (SELECT FROM claims c WHERE c.machine_id = m.machine_id AND c.installation_id IS NOT NULL)
       RETURNING CASE WHEN old.status <> 'managed' OR old.offline THEN m.machine_id END AS machine_id`,
      [machineIds],
    )
    return rows.map(({ machine_id }) => machine_id).filter((id) => id !== null)
  },

  /** Machines that were installed while their agent was linked already: the report came another way. */
  async installedAndLinked(tx: Transaction, instance: string): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `SELECT machine_id FROM guests g JOIN machines m USING (machine_id)
        WHERE g.instance = $1 AND g.session IS NOT NULL AND m.status = 'installed'`,
      [instance],
    )
    return rows.map(({ machine_id }) => machine_id)
  },

  /** Ends exactly the sessions named; returns the machines where it was still the one. */
  async end(
    tx: Transaction,
    ends: readonly { machine_id: string; session: string; problem: string; silent_ms: number }[],
  ): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `UPDATE guests g SET session = NULL, problem = n.problem,
              last_contact = clock_timestamp() - n.silent_ms * interval '1 ms'
         FROM jsonb_to_recordset($1::jsonb) AS n (machine_id text, session text, problem text, silent_ms float8)
        WHERE g.machine_id = n.machine_id AND g.session = n.session
        RETURNING g.machine_id`,
      [JSON.stringify(ends)],
    )
    return rows.map(({ machine_id }) => machine_id)
  },

  /** Ends all sessions of an instance that stops. */
  async endAll(tx: Transaction, instance: string): Promise<void> {
    await tx.query(
      `UPDATE guests SET session = NULL, last_contact = clock_timestamp(),
              problem = 'the server that held the link was stopped; the next one to run takes it over'
        WHERE instance = $1 AND session IS NOT NULL`,
      [instance],
    )
  },

  /** A machine that only its agent answers for is off-line without it. Returns those that changed. */
  async markOffline(tx: Transaction, machineIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `UPDATE machines SET offline = true WHERE machine_id = ANY ($1) AND status = 'managed' AND NOT offline
       RETURNING machine_id`,
      [machineIds],
    )
    return rows.map(({ machine_id }) => machine_id)
  },

  /** Why links have no session, where that changed. */
  async writeProblems(tx: Transaction, problems: ReadonlyMap<string, string>): Promise<void> {
    await tx.query(
      `UPDATE guests g SET problem = n.problem FROM unnest($1::text[], $2::text[]) AS n (machine_id, problem)
        WHERE g.machine_id = n.machine_id AND g.problem IS DISTINCT FROM n.problem
          AND (g.session IS NULL OR NOT EXISTS (
            SELECT FROM held_links l WHERE l.name = 'guest:' || g.machine_id AND l.owner = g.instance AND l.fence = g.fence))`,
      [[...problems.keys()], [...problems.values()]],
    )
  },
}
