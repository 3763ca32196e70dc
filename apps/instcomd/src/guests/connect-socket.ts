import { connect } from 'node:net'
import type { LinkTransport, TransportEvents } from './link-transport.ts'

/** A unix socket connects at once or not; a full backlog is refused by the kernel (EAGAIN). */
const connectMs = 5000

/**
 * All sockets read into one buffer: reads do not overlap in one thread, and nothing of it is kept. With ten thousand guests,
 * a buffer for each would be 640 MB.
 */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * Connects to a guest's socket (QEMU's chardev). `onOpen` gives the transport; before that, `onClosed` alone tells why not.
 * Reasons are sentences for people.
 */
export function connectSocket(
  path: string,
  events: TransportEvents & { onOpen(transport: LinkTransport): void },
): { close(reason: string): void } {
  let reason: string | null = null
  const socket = connect({
    path,
    onread: {
      buffer: sharedBuffer,
      callback: (count, buffer) => {
        events.onBytes(buffer.subarray(0, count))
        return true // pausing is the link's decision, by `pause`
      },
    },
  })
  const transport: LinkTransport = {
    kind: 'virtio-serial',
    get queuedBytes() {
      return socket.writableLength
    },
    write: (line) => void socket.write(`${line}\n`),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close,
  }

  function close(why: string): void {
    reason ??= why
    socket.destroy()
  }

  socket.setTimeout(connectMs, () =>
    close('the socket took no connection within 5 s: somebody else is connected to it'),
  )
  socket.once('connect', () => {
    socket.setTimeout(0)
    events.onOpen(transport)
  })
  socket.on('drain', () => events.onDrain())
  socket.on('error', (error) => (reason ??= explain(error)))
  socket.on('close', () => events.onClosed(reason ?? 'QEMU closed the socket: the virtual machine was stopped'))
  return { close }
}

function explain(error: Error): string {
  const code = 'code' in error ? error.code : null
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return 'QEMU is not running: nothing listens on the socket; start the virtual machine'
  if (code === 'EAGAIN')
    return 'somebody else is connected to the socket; QEMU serves one at a time: end the other program'
  if (code === 'EACCES' || code === 'EPERM')
    return 'the socket may not be opened by this server; give its user the right to read and write it'
  if (code === 'ENOTSOCK' || code === 'EPROTOTYPE') return 'the file is not a stream socket'
  if (code === 'EPIPE' || code === 'ECONNRESET') return 'QEMU closed the socket: the virtual machine was stopped'
  return `the socket failed: ${error.message}`
}
