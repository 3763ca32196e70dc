import { existsSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { startChild, type Child } from './child.ts'
import { percentile } from './results.ts'
import { until } from './until.ts'

/** Starts the stand-in for QEMU between two unix sockets; both exist when it resolves. */
export async function startRelay(host: string, guest: string): Promise<Child> {
  const child = startChild([process.execPath, join(import.meta.dirname, 'relay-main.ts'), host, guest])
  await until('the relay', child, () => (existsSync(host) && existsSync(guest) ? true : null))
  return child
}

const echoes = 300

/** Milliseconds of a question and its answer, medians: on one socket, and through the relay between two. */
export async function measureRelay(folder: string): Promise<{ plain: number; relayed: number }> {
  const direct = join(folder, 'echo.socket')
  const server = createServer((socket) => socket.pipe(socket)).listen(direct)
  await once(server, 'listening')
  const [host, guest] = [join(folder, 'relay-host.socket'), join(folder, 'relay-guest.socket')]
  const relay = await startRelay(host, guest)
  const far = await connect(guest)
  far.pipe(far)
  try {
    const [plain, relayed] = [await connect(direct), await connect(host)]
    const times = { plain: [] as number[], relayed: [] as number[] }
    for (let turn = 0; turn < echoes; turn += 1) {
      times.plain.push(await ask(plain))
      times.relayed.push(await ask(relayed))
    }
    plain.destroy()
    relayed.destroy()
    return { plain: percentile(times.plain, 50), relayed: percentile(times.relayed, 50) }
  } finally {
    far.destroy()
    server.close()
    await relay.stop()
  }
}

async function connect(path: string): Promise<Socket> {
  const socket = createConnection(path)
  await once(socket, 'connect')
  return socket
}

async function ask(socket: Socket): Promise<number> {
  const started = performance.now()
  const answered = once(socket, 'data')
  socket.write('echo\n')
  await answered
  return performance.now() - started
}
