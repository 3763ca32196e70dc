import type { ClaimView, Machine } from '@slipway/protocol'
import { runsInstalled } from './runs-installed.ts'
import type { MachineRow } from './store.ts'

/** A machine as the API shows it. */
export function machineView(row: MachineRow): Machine {
  return {
    machine_id: row.machine_id,
    kind: row.kind,
    hostname: row.hostname,
    address: row.address,
    port: row.port,
    system_addresses: runsInstalled(row.status) ? row.system_addresses : [],
    status: row.shown_status,
    specs: row.specs,
    capabilities: row.capabilities,
    enrolment: row.enrolment,
    conflict: row.conflict,
    claim: claimView(row),
    installation_id: row.installation_id,
    boot_id: row.boot_id,
    version: row.version,
    first_seen: row.first_seen.toISOString(),
    last_seen: row.last_seen?.toISOString() ?? null,
  }
}

/** The active claim as others see it; `expires_at` is null while an installation holds it. */
export function claimView(row: MachineRow): ClaimView | null {
  if (row.claim_id === null) return null
  return {
    // The table's check ties these columns to claim_id.
    holder: row.holder ?? '',
    claimed_at: (row.claimed_at ?? new Date(0)).toISOString(),
    expires_at: row.claim_expires_at?.toISOString() ?? null,
    fence: row.fence ?? 0,
  }
}
