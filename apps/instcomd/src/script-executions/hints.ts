import { z } from 'zod'
import type { Transaction } from '../database/database.ts'

/** PostgreSQL channel between instances; the rows are the truth. */
export const scriptsChannel = 'slipway_scripts'

/** `push`: something is due; `cancel`: an operator wants something killed; `time`: something comes due later. */
const hintSchema = z.strictObject({
  kind: z.enum(['push', 'cancel', 'time', 'schedules']),
  /** Null: look at all. */
  machines: z.array(z.string()).nullable(),
})
export type Hint = z.infer<typeof hintSchema>

/** A payload holds 8000 bytes. */
const mostMachines = 50

/** Tells the other instances, when the transaction commits. */
export async function tellInstances(
  tx: Transaction,
  kind: Hint['kind'],
  machineIds: readonly string[] = [],
): Promise<void> {
  const machines = machineIds.length > mostMachines ? null : [...new Set(machineIds)]
  await tx.query('SELECT pg_notify($1, $2)', [scriptsChannel, JSON.stringify({ kind, machines })])
}

/** Null for an empty payload (reconnected: hints were lost) or one of a newer version: look at everything. */
export function parseHint(payload: string): Hint | null {
  if (payload === '') return null
  try {
    const parsed = hintSchema.safeParse(JSON.parse(payload))
    return parsed.success ? parsed.data : null
  } catch {
    return null // not ours
  }
}
