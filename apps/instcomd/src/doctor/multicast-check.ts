import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

/** The datagram goes through the kernel of this machine alone; milliseconds. */
const answerMs = 1500

/** IPv4 addresses to try: the configured interface (by name or address), else all of them. */
export function multicastAddresses(wanted: string | null): { name: string; address: string }[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => ({ name, address })),
  )
  if (wanted === null) return all.filter(({ address }) => !address.startsWith('127.'))
  return all.filter(({ name, address }) => name === wanted || address === wanted)
}

/**
 * Sends a datagram to the group on one interface and waits to receive it: proves membership, route and local firewall.
 * It is neither a discovery request nor SSDP, so nobody answers. Throws when it does not come back.
 */
export async function checkMulticast(group: string, port: number, address: string): Promise<string> {
  const nonce = JSON.stringify({ type: 'slipway_doctor', nonce: randomUUID() })
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await bind(socket, port)
    socket.addMembership(group, address)
    socket.setMulticastInterface(address)
    socket.setMulticastTTL(1)
    socket.setMulticastLoopback(true)
    const received = receive(socket, nonce)
    socket.send(nonce, port, group)
    await received
    return `sent to ${group}:${port} and received on ${address}`
  } finally {
    socket.close()
  }
}

function bind(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, () => resolve())
  })
}

function receive(socket: Socket, nonce: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error('a datagram sent to the group did not come back')), answerMs)
  socket.on('error', reject)
  socket.on('message', (message) => {
    if (message.toString('utf8') === nonce) resolve()
  })
  return promise.finally(() => clearTimeout(timer))
}
