// What QEMU's chardev is between a guest's port and the host: relay-main.ts HOST_SOCKET GUEST_SOCKET
// Listens on both and joins one connection of each; bytes of the one that came first wait until the other is there.
import { createServer, type Socket } from 'node:net'

const [hostPath = '', guestPath = ''] = process.argv.slice(2)
const waiting: { host: Socket | null; guest: Socket | null } = { host: null, guest: null }

function listen(path: string, side: 'host' | 'guest'): void {
  createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    waiting[side]?.destroy()
    waiting[side] = socket
    socket.on('close', () => {
      if (waiting[side] === socket) waiting[side] = null
    })
    join()
  }).listen(path)
}

function join(): void {
  const { host, guest } = waiting
  if (!host || !guest) return
  waiting.host = waiting.guest = null
  host.pipe(guest)
  guest.pipe(host)
  host.on('close', () => guest.destroy())
  guest.on('close', () => host.destroy())
}

listen(hostPath, 'host')
listen(guestPath, 'guest')
