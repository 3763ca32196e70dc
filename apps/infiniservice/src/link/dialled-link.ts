import { toFault } from '@slipway/base'
import type { AgentLink } from './agent-link.ts'
import { dialDelay, type DialBackoff } from './dial-backoff.ts'
import { StreamLink, type Connection } from './stream-link.ts'

/** Nobody there: asked again soon at first, then every half minute. */
const usualBackoff: DialBackoff = { firstMs: 250, capMs: 30_000 }
/** A connection that lasted so long ends the growth of the waits. */
const steadyMs = 10_000

export interface DialOptions {
  readonly name: string
  /** Makes one connection, or rejects; the signal aborts when the link is closed. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  readonly backoff?: DialBackoff
}

/** Makes a link that dials, and dials again when the connection is lost. */
export function makeDialledLink(options: DialOptions): AgentLink {
  const backoff = options.backoff ?? usualBackoff
  const stop = new AbortController()
  let attempt = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let connectedAt = Number.NaN
  const again = () => {
    if (stop.signal.aborted) return
    if (performance.now() - connectedAt > steadyMs) attempt = 0
    connectedAt = Number.NaN
    attempt += 1
    timer = setTimeout(dial, dialDelay(backoff, attempt))
  }
  const link = new StreamLink({
    name: options.name,
    onStart: () => dial(),
    onLost: again,
    onClose() {
      stop.abort()
      if (timer) clearTimeout(timer)
    },
  })
  function dial(): void {
    options.connect(stop.signal).then(
      (connection) => {
        if (stop.signal.aborted) return connection.socket.destroy()
        connectedAt = performance.now()
        link.attach(connection)
      },
      (error: unknown) => {
        if (stop.signal.aborted) return
        link.trouble(toFault(error).message, error)
        again()
      },
    )
  }
  return link
}
