import { setTimeout as wait } from 'node:timers/promises'

/** Generous: several test files and their programs share two processors. */
const patienceMs = 60_000

/** Asks until `look` gives something, and returns it; throws with `explain`'s words when patience or `isHopeless` ends the wait. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null>,
  options: { explain?: () => string; isHopeless?: () => boolean } = {},
): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(25)) {
    const found = await look()
    if (found !== null) return found
    if (options.isHopeless?.()) break
  }
  throw new Error(`waited in vain for ${what}\n${options.explain?.().slice(-12_000) ?? ''}`)
}
