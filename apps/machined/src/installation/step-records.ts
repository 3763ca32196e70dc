import type { JournalEntry, MachineEvent } from '@slipway/protocol'

/** What both journals together know of a step. */
export type StepRecord = 'none' | 'running' | 'done' | 'failed' | 'undone'

/**
 * Joins instcomd's journal, which is authoritative, with the machine's own, which may be ahead by what was not sent
 * before a kill, and empty after a power cut.
 */
export function stepRecords(
  context: readonly JournalEntry[],
  events: readonly MachineEvent[],
): Map<string, StepRecord> {
  const records = new Map<string, StepRecord>(context.map((entry) => [entry.step_id, entry.outcome]))
  for (const event of events) {
    if (event.type === 'step-started' && !records.has(event.step_id)) records.set(event.step_id, 'running')
    if (event.type === 'step-ended') records.set(event.step_id, event.outcome)
  }
  return records
}
