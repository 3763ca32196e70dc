import type { Transaction } from '../database/database.ts'

/** What an answer is compared with. */
export interface KnownMachine {
  readonly machine_id: string
  readonly public_key: string | null
  readonly fingerprint: string | null
  readonly boot_id: string | null
}

/** A good answer of a known machine. */
export interface Sighting {
  readonly machine_id: string
  readonly hostname: string
  readonly address: string
  readonly port: number | null
  readonly status: string
  readonly boot_id: string | null
  readonly version: string | null
}

/** A machine that an answer changed visibly. */
export interface ChangedMachine {
  readonly machine_id: string
  readonly hostname: string | null
  readonly address: string | null
  readonly status: string
}

/** SQL over `machines`, in batches: a thousand answers are one statement. */
export const discoveryStore = {
  async known(tx: Transaction, machineIds: readonly string[]): Promise<Map<string, KnownMachine>> {
    const rows = await tx.query<KnownMachine>(
      'SELECT machine_id, public_key, fingerprint, boot_id FROM machines WHERE machine_id = ANY($1)',
      [machineIds],
    )
    return new Map(rows.map((row) => [row.machine_id, row]))
  },

  /**
   * Writes sightings and returns the machines that look different now. `claimed` and `installing` are ours to know and
   * never overwritten; `installed` and `managed` stay until the machine answers from another boot (the live system again).
   * An installed system that answers does not know that its installation failed, nor that an agent manages it.
   * A conflict that did not repeat for `conflictMs` is taken down.
   */
  async seen(tx: Transaction, sightings: readonly Sighting[], conflictMs: number): Promise<ChangedMachine[]> {
    const column = <K extends keyof Sighting>(key: K) => sightings.map((sighting) => sighting[key])
    return tx.query<ChangedMachine>(
      `WITH s AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
           AS s (machine_id, hostname, address, port, status, boot_id, version)
       ), old AS (
         SELECT m.machine_id, m.hostname, m.address, m.port, m.status, m.offline, m.conflict
           FROM machines m JOIN s USING (machine_id) ORDER BY m.machine_id FOR UPDATE OF m
       ), new AS (
         UPDATE machines m SET
           hostname = s.hostname, address = s.address, port = coalesce(s.port, m.port), offline = false,
           version = coalesce(s.version, m.version), boot_id = coalesce(s.boot_id, m.boot_id),
           last_seen = clock_timestamp(),
           status = CASE
             WHEN s.status = 'installed' AND m.status = 'managed' THEN m.status
             WHEN s.boot_id IS NOT DISTINCT FROM m.boot_id
               AND (m.status IN ('installed', 'managed') OR m.status = 'error' AND s.status = 'installed') THEN m.status
             WHEN m.public_key IS NOT NULL AND s.status IN ('claimed', 'installing')
               AND EXISTS (SELECT FROM claims c WHERE c.machine_id = m.machine_id) THEN m.status
             ELSE s.status END,
           conflict = CASE WHEN m.conflict_at > clock_timestamp() - $8 * interval '1 ms' THEN m.conflict END
         FROM s JOIN old USING (machine_id) WHERE m.machine_id = old.machine_id
         RETURNING m.machine_id, m.hostname, m.address, m.status,
           (m.hostname, m.address, m.port, m.status, m.offline, m.conflict)
             IS DISTINCT FROM (old.hostname, old.address, old.port, old.status, old.offline, old.conflict) AS changed
       )
       SELECT machine_id, hostname, address, status FROM new WHERE changed`,
      [
        column('machine_id'),
        column('hostname'),
        column('address'),
        column('port'),
        column('status'),
        column('boot_id'),
        column('version'),
        conflictMs,
      ],
    )
  },

  /**
   * Marks machines silent for `silentMs` as offline and returns them, each once. An installed machine runs no machined,
   * and one that reboots into its new system is not expected to answer either.
   */
  async markOffline(tx: Transaction, silentMs: number): Promise<ChangedMachine[]> {
    return tx.query<ChangedMachine>(
      `UPDATE machines m SET offline = true
        WHERE NOT offline AND last_seen < clock_timestamp() - $1 * interval '1 ms'
          AND status NOT IN ('installed', 'managed')
          AND NOT EXISTS (SELECT FROM claims c JOIN installations i USING (installation_id)
                           WHERE c.machine_id = m.machine_id AND i.state IN ('rebooting', 'confirming'))
        RETURNING machine_id, hostname, address, 'offline' AS status`,
      [silentMs],
    )
  },
}
