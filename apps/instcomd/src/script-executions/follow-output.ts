import type { ExecutionOutput } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import { isTerminalStatus } from './execution-state.ts'
import type { OutputWakes } from './output-wakes.ts'
import { outputStore } from './output-store.ts'

/** 64 KiB a piece at most: some megabytes. */
const pagePieces = 64
/** Pieces that another instance stores are noticed within this time; its own wake their readers at once. */
const lookMs = 500

/** Yields stored output in the order in which it was written, and with `follow` what comes until the execution has ended. */
export async function* followOutput(
  database: Database,
  wakes: OutputWakes,
  wish: { executionId: string; stream: 'stdout' | 'stderr' | null; follow: boolean; signal: AbortSignal },
): AsyncGenerator<ExecutionOutput> {
  const { executionId, stream, follow, signal } = wish
  let changed = Promise.withResolvers<void>()
  const leave = wakes.subscribe(executionId, () => changed.resolve())
  try {
    for (let after = 0; !signal.aborted;) {
      changed = Promise.withResolvers()
      // Read before the pieces: what an ended execution has not stored by now it never will.
      const status = follow ? await outputStore.status(database, executionId) : null
      const rows = await outputStore.page(database, { executionId, stream, after, limit: pagePieces })
      for (const { position: _, at, ...piece } of rows) yield { ...piece, at: at.toISOString() }
      after = rows.at(-1)?.position ?? after
      if (rows.length === pagePieces) continue
      if (status === null || isTerminalStatus(status)) return
      await firstOf(changed.promise, lookMs, signal)
    }
  } finally {
    leave()
  }
}

function firstOf(changed: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const done = () => resolve()
  signal.addEventListener('abort', done, { once: true })
  changed.then(() => resolve()).catch(resolve) // it never rejects
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', done)
  })
}
