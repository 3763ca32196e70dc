import { readSync } from 'node:fs'

/** What came of one look at the port: `absent` is a read of 0 bytes, which means that no host is connected. */
export type PortRead = Uint8Array | 'nothing' | 'absent'

/** One read takes at most so much; a page cache of bytes does not exist here, so larger gains nothing. */
const readBytes = 65_536
const buffer = new Uint8Array(new ArrayBuffer(readBytes))

/** Reads what there is, without waiting. Throws what is neither data nor the lack of it (ENODEV after an unplug). */
export function readPort(fd: number): PortRead {
  try {
    const count = readSync(fd, buffer)
    return count === 0 ? 'absent' : buffer.slice(0, count)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 'nothing'
    throw error
  }
}

/** What a reader tells while a host is connected. `onAbsent` ends it; `onFailed` too. */
export interface PortEvents {
  onBytes(bytes: Uint8Array): void
  onAbsent(): void
  onFailed(error: unknown): void
}

/** How a runtime waits for bytes of an open port; returns what stops it. */
export type PortReader = (fd: number, events: PortEvents) => () => void

/** The pause between two looks: 0.5 % of a core on Node 24 (libraries.md, "Poll idle cost at 50 ms"). */
const pollMs = 50
/** A host that never pauses must not keep the rest of the agent waiting: so many reads (1 MiB), then others have a turn. */
const readsAtOnce = 16

/** Looks every 50 ms: for Node, which has no event for such a descriptor. */
export const pollReader: PortReader = (fd, events) => {
  let stopped = false
  let timer = setTimeout(look, pollMs)
  function look(): void {
    try {
      for (let reads = 0; reads < readsAtOnce; reads += 1) {
        const read = readPort(fd)
        if (read === 'absent') return events.onAbsent()
        if (read === 'nothing') return again(pollMs)
        events.onBytes(read)
        if (stopped) return
      }
    } catch (error) {
      return events.onFailed(error)
    }
    again(0)
  }
  function again(ms: number): void {
    timer = setTimeout(look, ms)
  }
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
