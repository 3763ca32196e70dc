import { setTimeout as wait } from 'node:timers/promises'
import type { Child } from './child.ts'

const patienceMs = 60_000

/** Looks until there is something and returns it; throws with the child's words when it ended or a minute went by. */
export async function until<T>(what: string, child: Child, look: () => T | null | Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline && !child.hasEnded(); await wait(25)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`waited in vain for ${what}: ${child.said().trim() || 'it said nothing'}`)
}

/** Rejects with the signal's reason when it aborts first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
