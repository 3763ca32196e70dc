import { readFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from '@slipway/client'
import { lastWords, startInBackground, type BackgroundProcess } from './background-process.ts'
import { labAddress, type LabNetwork } from './lab-network.ts'
import { makeSocketFetch } from './socket-fetch.ts'

const instcomd = join(dirname(fileURLToPath(import.meta.url)), '../../../../apps/instcomd/src/main.ts')
const url = `https://${labAddress}:4000`

/** instcomd as an operator runs it, on a lab's network. */
export interface LabControlPlane {
  readonly client: Client
  readonly url: string
  readonly token: string
  readonly caPem: string
  readonly process: BackgroundProcess
  /** Ends instcomd at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it again with the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts instcomd in the lab's namespace with its own database, and a client that reaches it from outside of it. */
export async function startLabControlPlane(options: {
  network: LabNetwork
  folder: string
  /** Registries without TLS. */
  insecureRegistries: readonly string[]
  /** More of its configuration, as `key=value`. */
  settings?: readonly string[]
  environment?: NodeJS.ProcessEnv
}): Promise<LabControlPlane> {
  const { network, folder } = options
  const dataDir = join(folder, 'instcomd')
  await mkdir(dataDir, { recursive: true })
  // PostgreSQL runs as another user and must reach its files below here.
  await chmod(folder, 0o755)
  const registries = Object.fromEntries(options.insecureRegistries.map((host) => [host, { insecure: true }]))
  const settings = [
    `registries=${JSON.stringify(registries)}`,
    'discovery.interval=5s',
    'installation.log_level=debug',
    ...(options.settings ?? []),
  ]
  const flags = ['--host', labAddress, '--port', '4000', '--machine-port', '4443', '--data-dir', dataDir]
  const argv = [process.execPath, instcomd, ...flags, ...settings.flatMap((setting) => ['--set', setting])]
  const start = () => {
    const output = { log: join(folder, 'instcomd.log'), env: options.environment ?? {} }
    return startInBackground('instcomd', network.inside(argv), output)
  }
  let server = await start()
  const socket = join(folder, 'api.sock')
  const forward = network.inside(['socat', `UNIX-LISTEN:${socket},fork`, `TCP:${labAddress}:4000`])
  const forwarder = await startInBackground('socat', forward, { log: join(folder, 'socat.log') })
  const stop = async () => {
    await server.stop(20_000)
    await forwarder.stop()
  }
  try {
    const caPem = await waitForCa(server, socket)
    const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
    const client = new Client({ url, token, fetch: makeSocketFetch(socket, caPem) })
    return {
      client,
      url,
      token,
      caPem,
      process: server,
      stop,
      kill: () => server.kill(),
      restart: async () => {
        server = await start()
        await waitForCa(server, socket)
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first thing that anybody fetches; until it answers, the server is starting (a database is made: seconds). */
async function waitForCa(server: BackgroundProcess, socket: string): Promise<string> {
  const open = makeSocketFetch(socket, null)
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(200)) {
    if (!server.isRunning()) break
    const answer = await open(`${url}/ca.crt`).catch(() => null)
    if (answer?.ok) return answer.text()
  }
  throw new Error(`instcomd does not serve:\n${lastWords(server)}`)
}
