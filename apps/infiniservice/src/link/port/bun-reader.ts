import type { PortReader } from './port-reader.ts'

/** The one thing of Bun that is used on Linux; its own types are not, because the same source runs on Node. */
interface BunFiles {
  file(fd: number): { stream(): ReadableStream<Uint8Array> }
}

/**
 * Waits by epoll: a Bun file of an O_NONBLOCK descriptor streams a virtio-serial port event-driven and cancels cleanly, and
 * leaves the descriptor open (measured, libraries.md). The stream's end is the host's absence.
 */
export function makeBunReader(bun: BunFiles): PortReader {
  return (fd, events) => {
    const reader = bun.file(fd).stream().getReader()
    let stopped = false
    async function pump(): Promise<void> {
      for (;;) {
        const { done, value } = await reader.read()
        if (stopped) return
        if (done) return events.onAbsent()
        // Copied: whether Bun uses its buffer again is not written anywhere, and a line is kept as views.
        events.onBytes(value.slice())
      }
    }
    pump().catch((error: unknown) => {
      if (!stopped) events.onFailed(error)
    })
    return () => {
      stopped = true
      reader.cancel().catch(() => {}) // the descriptor is closed next, whatever the stream thinks of it
    }
  }
}

/** Bun's own reader when this is Bun, null on Node. */
export function bunReader(): PortReader | null {
  const bun: unknown = Reflect.get(globalThis, 'Bun')
  return isBun(bun) ? makeBunReader(bun) : null
}

function isBun(value: unknown): value is BunFiles {
  return typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'function'
}
