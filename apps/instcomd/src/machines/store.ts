import { inventorySchema, type Inventory, type MachineStatus } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** A row of the view `machine_states`. */
export interface MachineRow {
  readonly machine_id: string
  readonly kind: 'physical' | 'virtual'
  readonly hostname: string | null
  readonly address: string | null
  readonly port: number | null
  readonly system_addresses: string[]
  readonly status: MachineStatus
  readonly offline: boolean
  readonly specs: { cpu_cores: number; memory_gb: number; storage_gb: number; network_interfaces: number } | null
  readonly capabilities: string[]
  readonly enrolment: 'enrolled' | 'token' | 'code' | 'conflict' | 'none'
  readonly conflict: string | null
  readonly public_key: string | null
  readonly fingerprint: string | null
  readonly boot_id: string | null
  readonly version: string | null
  readonly installation_id: string | null
  readonly first_seen: Date
  readonly last_seen: Date | null
  readonly shown_status: MachineStatus
  readonly claim_id: string | null
  readonly holder: string | null
  readonly claimed_at: Date | null
  readonly fence: number | null
  readonly claim_expires_at: Date | null
  readonly claim_is_installing: boolean | null
}

export interface MachineFilter {
  readonly status?: MachineStatus | undefined
  readonly kinds: readonly string[]
  readonly q?: string | undefined
  readonly limit: number
  readonly afterId: string
}

/** What is known of a machine after its certificate or its inventory was read. */
export interface MachineFacts {
  readonly machine_id: string
  readonly kind: 'physical' | 'virtual'
  readonly hostname: string | null
  readonly address: string
  readonly port: number | null
  readonly status: string
  readonly specs: MachineRow['specs']
  readonly capabilities: readonly string[]
  readonly enrolment: MachineRow['enrolment']
  readonly public_key: string | null
  readonly fingerprint: string | null
  readonly boot_id: string | null
  readonly version: string | null
}

/** SQL over `machines` and `inventories`. */
export const machineStore = {
  async read(tx: Transaction, machineId: string): Promise<MachineRow | null> {
    const [row] = await tx.query<MachineRow>('SELECT * FROM machine_states WHERE machine_id = $1', [machineId])
    return row ?? null
  },

  async list(tx: Transaction, filter: MachineFilter): Promise<MachineRow[]> {
    return tx.query<MachineRow>(
      `SELECT * FROM machine_states
        WHERE machine_id > $1
          AND ($2::text IS NULL OR shown_status = $2)
          AND (cardinality($3::text[]) = 0 OR kind = ANY($3))
          AND ($4::text IS NULL OR strpos(lower(concat_ws(' ', machine_id, hostname, address, array_to_string(system_addresses, ' '))), lower($4)) > 0)
        ORDER BY machine_id LIMIT $5`,
      [filter.afterId, filter.status ?? null, filter.kinds, filter.q ?? null, filter.limit],
    )
  },

  /** Writes the facts of a machine that was met; returns whether it is new. An enrolled machine of the same key stays enrolled. */
  async upsert(tx: Transaction, facts: MachineFacts): Promise<boolean> {
    const [row] = await tx.query<{ inserted: boolean }>(
      `INSERT INTO machines AS m (machine_id, kind, hostname, address, port, status, specs, capabilities, enrolment,
                                  public_key, fingerprint, boot_id, version, last_seen)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp())
       ON CONFLICT (machine_id) DO UPDATE SET
         hostname = coalesce(excluded.hostname, m.hostname), address = excluded.address, port = excluded.port,
         status = excluded.status, specs = coalesce(excluded.specs, m.specs),
         capabilities = excluded.capabilities, enrolment = excluded.enrolment, conflict = NULL, conflict_at = NULL,
         public_key = excluded.public_key, fingerprint = excluded.fingerprint,
         boot_id = coalesce(excluded.boot_id, m.boot_id), version = coalesce(excluded.version, m.version),
         offline = false, last_seen = clock_timestamp()
       RETURNING (xmax = 0) AS inserted`,
      [
        facts.machine_id,
        facts.kind,
        facts.hostname,
        facts.address,
        facts.port,
        facts.status,
        facts.specs,
        facts.capabilities,
        facts.enrolment,
        facts.public_key,
        facts.fingerprint,
        facts.boot_id,
        facts.version,
      ],
    )
    return row?.inserted ?? false
  },

  async setEnrolment(
    tx: Transaction,
    machineId: string,
    set: { enrolment: MachineRow['enrolment']; fingerprint: string },
  ): Promise<void> {
    await tx.query(
      `UPDATE machines SET enrolment = $2, fingerprint = $3, conflict = NULL, conflict_at = NULL WHERE machine_id = $1`,
      [machineId, set.enrolment, set.fingerprint],
    )
  },

  /** Shows a conflict beside the machine; nothing else of it changes. Returns false when it was shown already. */
  async setConflict(tx: Transaction, machineId: string, conflict: string): Promise<boolean> {
    const rows = await tx.query<{ fresh: boolean }>(
      `UPDATE machines m SET conflict = $2, conflict_at = clock_timestamp()
         FROM (SELECT machine_id, conflict FROM machines WHERE machine_id = $1 FOR UPDATE) old
        WHERE m.machine_id = old.machine_id RETURNING old.conflict IS DISTINCT FROM $2 AS fresh`,
      [machineId, conflict],
    )
    return rows[0]?.fresh ?? false
  },

  async setStatus(tx: Transaction, machineId: string, status: MachineRow['status']): Promise<void> {
    await tx.query('UPDATE machines SET status = $2 WHERE machine_id = $1 AND status <> $2', [machineId, status])
  },

  async setSystemAddresses(tx: Transaction, machineId: string, addresses: readonly string[]): Promise<void> {
    await tx.query('UPDATE machines SET system_addresses = $2 WHERE machine_id = $1', [machineId, addresses])
  },

  async writeInventory(tx: Transaction, inventory: Inventory): Promise<void> {
    await tx.query(
      `INSERT INTO inventories (machine_id, inventory, read_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (machine_id) DO UPDATE SET inventory = excluded.inventory, read_at = excluded.read_at`,
      [inventory.machine_id, inventory],
    )
  },

  /** The kept inventory and its age in milliseconds; null when none was ever read. */
  async readInventory(tx: Transaction, machineId: string): Promise<{ inventory: Inventory; age_ms: number } | null> {
    const [row] = await tx.query<{ inventory: unknown; age_ms: number }>(
      `SELECT inventory, (extract(epoch FROM clock_timestamp() - read_at) * 1000)::float8 AS age_ms
         FROM inventories WHERE machine_id = $1`,
      [machineId],
    )
    return row ? { inventory: inventorySchema.parse(row.inventory), age_ms: row.age_ms } : null
  },

  /** The highest fence that the machine reported when its inventory was last read. */
  async readHighestFence(tx: Transaction, machineId: string): Promise<number> {
    const [row] = await tx.query<{ fence: number }>(
      `SELECT (inventory ->> 'highest_fence')::bigint AS fence FROM inventories WHERE machine_id = $1`,
      [machineId],
    )
    return row?.fence ?? 0
  },

  /** Makes the kept inventory count as old: an installation changed the disks. */
  async expireInventories(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await tx.query(`UPDATE inventories SET read_at = 'epoch' WHERE machine_id = ANY($1)`, [machineIds])
  },
}
