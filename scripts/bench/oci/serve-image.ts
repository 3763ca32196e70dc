import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'

/** Debian's docker-registry with one image in it. */
export interface ImageServer {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly repository: string
  readonly tag: string
  stop(): Promise<void>
}

/** Starts docker-registry on loopback and fills it with skopeo; digests stay those of the layout. */
export async function serveImage(layout: string, folder: string): Promise<ImageServer> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const host = `127.0.0.1:${port}`
  const config = join(folder, 'registry.yml')
  const storage = `storage: { filesystem: { rootdirectory: "${folder}/data" } }`
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\n${storage}\nhttp: { addr: "${host}" }\n`,
  )
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await waitForPort(port, AbortSignal.timeout(20_000))
  const [repository, tag] = ['bench/debian', 'bench']
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--preserve-digests',
    '--dest-tls-verify=false',
    `oci:${layout}:bench`,
    `docker://${host}/${repository}:${tag}`,
  ])
  return {
    host,
    repository,
    tag,
    async stop() {
      child.kill()
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  server.close()
  await once(server, 'close')
  return port
}

async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const socket = net.connect(port, '127.0.0.1')
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
