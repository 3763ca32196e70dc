import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP line to a local server that a test can make slow, cut, and mend. */
export interface DelayProxy {
  readonly url: string
  /** Answers whose request holds the text wait until `release`. */
  hold(path: string): void
  release(): void
  /** Ends every connection and refuses new ones until `mend`. */
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

/** Starts a proxy on a free loopback port before the server on `targetPort`. */
export async function startDelayProxy(targetPort: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const held = new Set<() => void>()
  let path: string | null = null
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) keep(socket)
    client.on('data', (bytes: Buffer) => {
      if (path !== null && bytes.toString('latin1').includes(path)) held.add(() => upstream.write(bytes))
      else upstream.write(bytes)
    })
    upstream.pipe(client)
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return {
    url: `http://127.0.0.1:${port}`,
    hold(text) {
      path = text
    },
    release() {
      path = null
      for (const send of held) send()
      held.clear()
    },
    cut,
    mend: () => listen(port),
    close: async () => {
      if (server.listening) await cut()
    },
  }
}
