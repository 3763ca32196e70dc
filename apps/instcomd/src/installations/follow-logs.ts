import { logLevels, type LogLevel } from '@slipway/base'
import { isTerminal, type LogLine } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import type { RunLog } from './run-log.ts'
import { installationStore, type LogRow } from './store.ts'

const pageLines = 500
/** Lines that another instance stores are noticed within this time. */
const lookMs = 1000

/** Yields an installation's log lines in order, and with `follow` those to come until it has ended. */
export async function* followLogs(
  database: Database,
  log: RunLog,
  wish: { installationId: string; after: number; level: LogLevel; follow: boolean; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const { installationId, level, follow, signal } = wish
  for (let after = wish.after; !signal.aborted;) {
    // Asked before the lines: what an ended installation has not stored by now it never will.
    const ended = !follow || (await hasEnded(database, installationId))
    const rows = await installationStore.logs(database, installationId, after, logLevels.indexOf(level), pageLines)
    for (const row of rows) yield logLine(row)
    after = rows.at(-1)?.seq ?? after
    if (rows.length === pageLines) continue
    if (ended) return
    await log.wait(installationId, lookMs, signal)
  }
}

async function hasEnded(database: Database, installationId: string): Promise<boolean> {
  const row = await installationStore.read(database, installationId)
  return row === null || isTerminal(row.state)
}

function logLine(row: LogRow): LogLine {
  const { seq, step_id: step, message } = row
  return { seq, at: row.at.toISOString(), level: logLevels[row.level] ?? 'info', step, message }
}
