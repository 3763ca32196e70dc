import { createConnection, createServer } from 'node:net'
import { Fault } from '@slipway/base'
import type { AgentLink } from './agent-link.ts'
import type { DialBackoff } from './dial-backoff.ts'
import { makeDialledLink } from './dialled-link.ts'
import { StreamLink, type Connection } from './stream-link.ts'

/** Dials a unix socket and dials again when it is lost: tests, and guests whose host listens. */
export function dialUnixLink(options: { path: string; backoff?: DialBackoff }): AgentLink {
  return makeDialledLink({ ...options, name: options.path, connect: (signal) => connectUnix(options.path, signal) })
}

function connectUnix(path: string, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, signal })
    const failed = (cause: Error) =>
      reject(new Fault('unavailable', `nobody listens on ${path}: ${cause.message}; it is tried again`, { cause }))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve({ socket })
    })
  })
}

/**
 * Listens on a unix socket as QEMU does for a guest's virtio-serial port: one client at a time, a second one is hung up.
 * For simulated guests; `ready` resolves when the socket exists (after `start`), and rejects when it cannot be made.
 */
export function listenUnixLink(path: string): { link: AgentLink; ready: Promise<void> } {
  const server = createServer((socket) => {
    if (link.present) socket.destroy()
    else link.attach({ socket })
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
