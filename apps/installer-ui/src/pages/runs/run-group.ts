import type { ScriptExecution } from '@slipway/protocol'
import { matchesWords } from '../../ui/matches-words.ts'

/** Runs that were asked for together: one script, and one moment, which the database gives to all rows of one request. */
export function isTogether(
  run: Pick<ScriptExecution, 'script_id' | 'created_at'>,
  other: Pick<ScriptExecution, 'script_id' | 'created_at'>,
): boolean {
  return run.script_id === other.script_id && run.created_at === other.created_at
}

interface RunFilter {
  readonly q: string
  readonly status: string | undefined
  /** The moment at which they were asked for. */
  readonly asked: string | undefined
}

/** Whether a run is among those that are looked for: every word in its script, machine, id, asker, or what it says. */
export function matchesRun(run: ScriptExecution, { q, status, asked }: RunFilter): boolean {
  if (status !== undefined && run.status !== status) return false
  if (asked !== undefined && run.created_at !== asked) return false
  const { script_name, machine_id, id, created_by, error, waiting } = run
  return matchesWords(q, [script_name, machine_id, id, created_by, error, waiting])
}
