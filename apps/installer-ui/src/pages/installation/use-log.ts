import { delay, isFault, toFault, type Fault } from '@slipway/base'
import type { LogLine } from '@slipway/protocol'
import { useEffect, useReducer } from 'react'
import { client } from '../../api/client.ts'

/** Lines kept in the page; the whole log is a download away. */
const mostLines = 20_000
/** Lines of one burst come to the screen together; milliseconds. */
const burstMs = 100
const retryMs = 1000

interface Log {
  readonly lines: readonly LogLine[]
  /** Lines that were let go. */
  readonly dropped: number
  readonly fault: Fault | null
}

type Action = { readonly lines: readonly LogLine[] } | { readonly fault: Fault } | 'anew'
const empty: Log = { lines: [], dropped: 0, fault: null }

/** Follows an installation's log until it ends; a connection that breaks goes on after the last line that came. */
export function useLog(installationId: string): Log {
  const [log, change] = useReducer(fold, empty)
  useEffect(() => {
    const stop = new AbortController()
    change('anew')
    follow(installationId, stop.signal, (lines) => change({ lines })).catch((error: unknown) => {
      if (!stop.signal.aborted) change({ fault: toFault(error) })
    })
    return () => stop.abort()
  }, [installationId])
  return log
}

function fold(log: Log, action: Action): Log {
  if (action === 'anew') return empty
  if ('fault' in action) return { ...log, fault: action.fault }
  const lines = [...log.lines, ...action.lines]
  const over = Math.max(0, lines.length - mostLines)
  return { ...log, lines: over > 0 ? lines.slice(over) : lines, dropped: log.dropped + over }
}

async function follow(id: string, signal: AbortSignal, take: (lines: LogLine[]) => void): Promise<void> {
  const gather = makeGatherer(take)
  for (let after = 0; !signal.aborted; await delay(retryMs, signal).catch(() => undefined)) {
    try {
      const query = { after, follow: 'true', level: 'debug' } as const
      for await (const line of client.stream('getLogs', { params: { id }, query, signal })) {
        after = line.seq
        gather(line)
      }
      return
    } catch (error) {
      // A refusal stays one; everything else is a connection that comes back.
      if (signal.aborted || (isFault(error) && error.code !== 'server-unreachable' && error.code !== 'unavailable'))
        throw error
    }
  }
}

function makeGatherer(take: (lines: LogLine[]) => void): (line: LogLine) => void {
  let waiting: LogLine[] = []
  return (line) => {
    waiting.push(line)
    if (waiting.length > 1) return
    setTimeout(() => {
      take(waiting)
      waiting = []
    }, burstMs)
  }
}
