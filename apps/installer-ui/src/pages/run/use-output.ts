import { delay, isFault, toFault, type Fault } from '@slipway/base'
import type { ExecutionOutput } from '@slipway/protocol'
import { useEffect, useReducer } from 'react'
import { client } from '../../api/client.ts'
import { appendOutput, type OutputLine } from './output-lines.ts'

const burstMs = 100
const retryMs = 1000

interface Output {
  readonly lines: readonly OutputLine[]
  readonly fault: Fault | null
}

type Action = { readonly pieces: readonly ExecutionOutput[] } | { readonly fault: Fault } | 'anew'
const empty: Output = { lines: [], fault: null }

/** Follows a run's output until it ends; after a broken connection it is read from its start again. */
export function useOutput(runId: string): Output {
  const [output, change] = useReducer(fold, empty)
  useEffect(() => {
    const stop = new AbortController()
    follow(runId, stop.signal, change).catch((error: unknown) => {
      if (!stop.signal.aborted) change({ fault: toFault(error) })
    })
    return () => stop.abort()
  }, [runId])
  return output
}

function fold(output: Output, action: Action): Output {
  if (action === 'anew') return empty
  if ('fault' in action) return { ...output, fault: action.fault }
  return { ...output, lines: appendOutput(output.lines, action.pieces) }
}

async function follow(id: string, signal: AbortSignal, change: (action: Action) => void): Promise<void> {
  for (; !signal.aborted; await delay(retryMs, signal).catch(() => undefined)) {
    change('anew')
    const waiting: ExecutionOutput[] = []
    const flush = () => waiting.length > 0 && change({ pieces: waiting.splice(0) })
    const timer = setInterval(flush, burstMs)
    try {
      const stream = client.stream('getScriptExecutionOutput', { params: { id }, query: { follow: 'true' }, signal })
      for await (const piece of stream) waiting.push(piece)
      return
    } catch (error) {
      // A refusal stays one; everything else is a connection that comes back.
      const comesBack = isFault(error) && (error.code === 'server-unreachable' || error.code === 'unavailable')
      if (signal.aborted || (isFault(error) && !comesBack)) throw error
    } finally {
      clearInterval(timer)
      flush()
    }
  }
}
