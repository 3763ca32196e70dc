import { createConnection, createServer, type Socket } from 'node:net'
import type { AgentLink } from './agent-link.ts'
import { dialDelay, type DialBackoff } from './dial-backoff.ts'
import { StreamLink } from './stream-link.ts'

/** A socket that nobody listens on is asked again soon at first, then every half minute. */
const unixBackoff: DialBackoff = { firstMs: 250, capMs: 30_000 }
/** A connection that lasted so long ends the growth of the waits. */
const steadyMs = 10_000

/** Dials a unix socket and dials again when it is lost: tests, and guests whose host listens. */
export function dialUnixLink(options: { path: string; backoff?: DialBackoff }): AgentLink {
  const backoff = options.backoff ?? unixBackoff
  let attempt = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let dialling: Socket | null = null
  let closed = false
  let connectedAt = 0
  const again = () => {
    if (closed) return
    if (performance.now() - connectedAt > steadyMs) attempt = Math.min(attempt, 1)
    attempt += 1
    timer = setTimeout(dial, dialDelay(backoff, attempt))
  }
  const link = new StreamLink({
    name: options.path,
    onStart: () => dial(),
    onLost: again,
    onClose() {
      closed = true
      if (timer) clearTimeout(timer)
      dialling?.destroy()
    },
  })
  function dial(): void {
    const socket = createConnection(options.path)
    dialling = socket
    const failed = (error: Error) => {
      link.trouble(`cannot connect to ${options.path}: ${error.message}`, error)
      socket.destroy()
      again()
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      dialling = null
      connectedAt = performance.now()
      link.attach(socket)
    })
  }
  return link
}

/**
 * Listens on a unix socket as QEMU does for a guest's virtio-serial port: one client at a time, a second one is hung up.
 * For simulated guests; `ready` resolves when the socket exists, and rejects when it cannot be made.
 */
export function listenUnixLink(path: string): { link: AgentLink; ready: Promise<void> } {
  const server = createServer((socket) => {
    if (link.present) socket.destroy()
    else link.attach(socket)
  })
  const ready = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  ready.catch(() => {}) // the caller awaits it; a link that is closed first has no caller
  const link = new StreamLink({
    name: path,
    onStart: () => void server.listen(path),
    onLost() {},
    onClose: () => void server.close(),
  })
  return { link, ready }
}
