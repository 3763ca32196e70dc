import type { AgentLink, LinkHandler, WriteOutcome } from './agent-link.ts'

/** The host's end of an in-process link. */
export interface MemoryHost {
  /** Comes and goes as a host does. Sessions start with every arrival. */
  arrive(): void
  leave(): void
  send(bytes: Uint8Array): void
  /** While true, what the agent writes stays queued, as with a host that does not read. */
  stall(stalled: boolean): void
}

/** Makes a link inside the process: for tests and for the simplest simulated guests. `onBytes` gets the agent's bytes. */
export function makeMemoryLink(onBytes: (bytes: Uint8Array) => void): { link: AgentLink; host: MemoryHost } {
  let handler: LinkHandler | null = null
  let present = false
  let stalled = false
  let queue: Uint8Array[] = []
  const link: AgentLink = {
    name: 'memory',
    get present() {
      return present
    },
    get queuedBytes() {
      return queue.reduce((sum, piece) => sum + piece.length, 0)
    },
    start(given) {
      handler = given
    },
    write(bytes): WriteOutcome {
      if (!present) return 'refused'
      if (stalled) {
        queue.push(bytes)
        return 'queued'
      }
      onBytes(bytes)
      return 'written'
    },
    reconnect() {},
    close() {
      present = false
      handler = null
    },
  }
  const host: MemoryHost = {
    arrive() {
      present = true
      handler?.onPeer(true)
    },
    leave() {
      present = false
      queue = []
      handler?.onPeer(false)
    },
    send: (bytes) => handler?.onBytes(bytes),
    stall(value) {
      stalled = value
      if (stalled || queue.length === 0) return
      const pieces = queue
      queue = []
      for (const piece of pieces) onBytes(piece)
      handler?.onDrain()
    },
  }
  return { link, host }
}
