import { backoffDelay, delay, isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import type { ScriptExecution } from '@slipway/protocol'
import { print } from '../output/print.ts'
import { LinePrinter } from '../output/line-printer.ts'

export interface FollowedRun {
  readonly id: string
  /** Of the machine; stands before each line when there are several. */
  readonly name: string
}

const retry = { firstMs: 200, capMs: 5000, tries: Infinity }
/** A run that says nothing by then tells why it waits. */
const quietMs = 1500

/**
 * Prints the output of runs as it comes and returns the exit code: 0 when all succeeded, 1 when one did not, 130 after
 * Ctrl-C, which only detaches. Survives a server that goes away and comes back.
 */
export async function followRuns(client: Client, runs: readonly FollowedRun[]): Promise<number> {
  const stop = new AbortController()
  const detach = () => stop.abort()
  process.once('SIGINT', detach)
  try {
    const width = Math.max(...runs.map(({ name }) => name.length))
    const ends = await Promise.all(
      runs.map((run) => follow(client, run, runs.length > 1 ? `${run.name.padEnd(width)} | ` : '', stop.signal)),
    )
    if (stop.signal.aborted) {
      print(`Detached; the scripts go on. Look again with: slipway runs show ${runs.map(({ id }) => id).join(' ')}`)
      return 130
    }
    return ends.every((end) => end?.status === 'SUCCESS') ? 0 : 1
  } finally {
    process.removeListener('SIGINT', detach)
    stop.abort()
  }
}

async function follow(
  client: Client,
  run: FollowedRun,
  prefix: string,
  signal: AbortSignal,
): Promise<ScriptExecution | null> {
  const out = new LinePrinter(process.stdout, prefix)
  const err = new LinePrinter(process.stderr, prefix)
  const seen = new Set<string>()
  const quiet = setTimeout(() => void tellWaiting(client, run, err, signal), quietMs)
  try {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const query = { follow: 'true' } as const
        for await (const piece of client.stream('getScriptExecutionOutput', {
          params: { id: run.id },
          query,
          signal,
        })) {
          attempt = 1
          clearTimeout(quiet)
          const key = `${piece.attempt} ${piece.stream} ${piece.seq}`
          // After a break the output comes from its beginning.
          if (seen.has(key)) continue
          seen.add(key)
          const printer = piece.stream === 'stdout' ? out : err
          printer.write(piece.data)
        }
        const end = await client.call('getScriptExecution', { params: { id: run.id }, signal })
        if (end.completed_at !== null) return report(run, end, out, err)
      } catch (error) {
        if (signal.aborted) return null
        if (!isFault(error, 'server-unreachable') && !(error instanceof TypeError)) throw error
      }
      await delay(backoffDelay(retry, attempt), signal).catch(() => undefined) // detached
    }
    return null
  } finally {
    clearTimeout(quiet)
    out.end()
    err.end()
  }
}

async function tellWaiting(client: Client, run: FollowedRun, err: LinePrinter, signal: AbortSignal): Promise<void> {
  const row = await client.call('getScriptExecution', { params: { id: run.id }, signal }).catch(() => null) // only a hint
  if (row?.waiting) err.write(`waits: ${row.waiting}\n`)
}

function report(run: FollowedRun, end: ScriptExecution, out: LinePrinter, err: LinePrinter): ScriptExecution {
  out.end()
  if (end.status !== 'SUCCESS')
    err.write(`${run.name}: ${end.status}${end.error ? `: ${end.error}` : ''} (${end.id})\n`)
  if (end.truncated) err.write(`${run.name}: the output was longer than what is kept\n`)
  return end
}
