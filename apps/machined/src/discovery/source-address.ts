import { createSocket } from 'node:dgram'

/**
 * Tells which of our addresses a datagram to a peer leaves from: the answering interface's. A connected UDP socket
 * sends nothing; the kernel only looks up the route (connect(2), ip(7)).
 */
export function sourceAddressFor(peer: { address: string; port: number }): Promise<string> {
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.once('error', reject)
  socket.connect(peer.port, peer.address, () => resolve(socket.address().address))
  return promise.finally(() => socket.close())
}
