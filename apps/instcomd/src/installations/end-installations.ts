import type { InstallationError, Inventory, TerminalState } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { claimStore } from '../claims/store.ts'
import type { Transaction } from '../database/database.ts'
import type { NewEvent } from '../events/append-event.ts'
import { machineStore } from '../machines/store.ts'
import { remediedError } from './remedied-error.ts'

/** One installation's end. */
export interface Ending {
  readonly installation_id: string
  readonly outcome: TerminalState
  readonly confirmed: boolean
  readonly error: InstallationError | null
  readonly actor: string
  /** The machine's hardware, where it was read after the failure. */
  readonly inventory?: Inventory | null
}

interface EndedRow {
  readonly installation_id: string
  readonly machine_id: string
  readonly boot_environment: string
  readonly hostname: string | null
  readonly seconds: number
}

const eventTypes = {
  completed: 'installation.completed',
  failed: 'installation.failed',
  cancelled: 'installation.cancelled',
  'rolled-back': 'installation.rolled-back',
} as const satisfies Record<TerminalState, string>

const machineStatuses = {
  completed: 'installed',
  failed: 'error',
  cancelled: 'available',
  'rolled-back': 'available',
} as const

/**
 * Ends installations, and everything that hangs on them: claims, machine states, events. Errors get their remedy here.
 * INVARIANT: the conditional update makes an end happen once, whoever else tries; only it leads to a terminal event.
 * Returns the ids that ended here.
 */
export async function endInstallations(
  context: AppContext,
  tx: Transaction,
  wanted: readonly Ending[],
): Promise<string[]> {
  if (wanted.length === 0) return []
  const endings: Ending[] = []
  for (const { inventory, ...ending } of wanted)
    endings.push({ ...ending, error: await remediedError(context, tx, ending, inventory ?? null) })
  const ended = await markEnded(tx, endings)
  if (ended.length === 0) return []
  const ids = ended.map((row) => row.installation_id)
  await machineStore.expireInventories(
    tx,
    ended.map((row) => row.machine_id),
  )
  const released = await claimStore.unbind(tx, ids)
  const events = ended.flatMap((row) => {
    const ending = endings.find(({ installation_id }) => installation_id === row.installation_id)
    return ending
      ? eventsOf(
          row,
          ending,
          released.find(({ machine_id }) => machine_id === row.machine_id),
        )
      : []
  })
  await context.appendEvent(tx, events)
  tx.afterCommit(() => {
    for (const row of ended)
      tell(
        context,
        row,
        endings.find(({ installation_id }) => installation_id === row.installation_id),
      )
  })
  return ids
}

async function markEnded(tx: Transaction, endings: readonly Ending[]): Promise<EndedRow[]> {
  const input = endings.map((ending) => ({ ...ending, machine_status: machineStatuses[ending.outcome] }))
  return tx.query<EndedRow>(
    `WITH n AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS n (installation_id text, outcome text, confirmed boolean, error jsonb, machine_status text)
     ), ended AS (
       UPDATE installations i SET state = n.outcome, confirmed = n.confirmed, error = n.error, ended_at = clock_timestamp(),
              percent = CASE WHEN n.outcome = 'completed' THEN 100 ELSE i.percent END,
              step_id = CASE WHEN n.outcome = 'completed' THEN NULL ELSE i.step_id END,
              eta_seconds = CASE WHEN n.outcome = 'completed' THEN 0 END,
              bytes_done = CASE WHEN n.outcome = 'completed' THEN i.bytes_total ELSE i.bytes_done END,
              owner = NULL, owner_until = NULL, confirm_by = NULL, waiting_for = NULL, intent = NULL
         FROM n WHERE i.installation_id = n.installation_id
          AND i.state NOT IN ('completed', 'failed', 'cancelled', 'rolled-back')
       RETURNING i.installation_id, i.machine_id, i.boot_environment, i.hostname, n.outcome, n.machine_status,
         extract(epoch FROM clock_timestamp() - coalesce(i.started_at, i.created_at))::float8 AS seconds
     ), m AS (
       UPDATE machines m SET status = ended.machine_status,
              hostname = CASE WHEN ended.outcome = 'completed' THEN coalesce(ended.hostname, m.hostname) ELSE m.hostname END
         FROM ended WHERE m.machine_id = ended.machine_id)
     SELECT * FROM ended`,
    [JSON.stringify(input)],
  )
}

function eventsOf(row: EndedRow, ending: Ending, claim: { released: boolean } | undefined): NewEvent[] {
  const { installation_id, machine_id } = row
  const { outcome, confirmed, error, actor } = ending
  const base = { installation_id, machine_id, status: outcome }
  const percent = outcome === 'completed' ? { percent: 100 } : {}
  return [
    { type: eventTypes[outcome], data: { ...base, ...percent, confirmed, error }, actor },
    ...(claim?.released
      ? [{ type: 'machines.released' as const, data: { machine_id, reason: 'installation-ended' }, actor: 'instcomd' }]
      : []),
    {
      type: 'machines.updated',
      data: {
        machine_id,
        status: machineStatuses[outcome],
        installation_id,
        ...(outcome === 'completed' && row.hostname !== null && { hostname: row.hostname }),
      },
      actor: 'instcomd',
    },
  ]
}

function tell(context: AppContext, row: EndedRow, ending: Ending | undefined): void {
  if (!ending) return
  const { installation_id, machine_id, seconds } = row
  context.metrics.installationEnded(ending.outcome, seconds)
  if (ending.error) context.metrics.error(ending.error.kind)
  const fields = { installation_id, machine_id, ...(ending.error && { code: ending.error.code }) }
  if (ending.outcome === 'failed')
    context.logger.error(fields, `Installation failed: ${ending.error?.message ?? 'no reason given'}`)
  else context.logger.info(fields, `Installation ${ending.outcome}: ${installation_id} on ${machine_id}`)
}
