import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from '@slipway/client'
import { z } from 'zod'
import { freePorts } from '../programs/free-ports.ts'

const cli = join(dirname(fileURLToPath(import.meta.url)), '../../../../apps/cli/src/main.ts')

const describedSchema = z.object({
  url: z.string(),
  setup_url: z.nullable(z.string()),
  token_file: z.string(),
  image: z.string(),
  pids: z.record(z.string(), z.number()),
})

export interface RackOptions {
  readonly machines: number
  /** Guests with an agent; none unless given. */
  readonly guests?: number
  readonly seed?: string
  readonly faults?: readonly string[]
  /** OCI layout to serve; default: the demo's image. */
  readonly image?: string
  /** More server configuration, YAML at top level. */
  readonly serverConfig?: string
  /** Install the first machine before it is ready, as `npm start` does. */
  readonly install?: boolean
}

/** A whole Slipway on this computer: registry, instcomd with its database, simulated machines; all real programs. */
export interface Rack {
  readonly url: string
  /** Signs one browser in, once; null when the server did not print one. */
  readonly setupUrl: string | null
  readonly token: string
  readonly client: Client
  /** Reference of the image that its registry serves. */
  readonly image: string
  readonly dataDir: string
  readonly discoveryPort: number
  /** Pid by program name: `demo-registry`, `server`, `simulate`. */
  readonly pids: Readonly<Record<string, number>>
  stop(): Promise<void>
}

/** Starts a rack in a temporary folder on free ports; throws with its output when it does not come up. */
export async function startRack(options: RackOptions): Promise<Rack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-rack-'))
  // Its own discovery port too: racks share the loopback interface, and their machines bear the same names.
  const [port, machinePort, registryPort, discoveryPort = 0] = await freePorts(4)
  const flags = {
    'data-dir': dataDir,
    port,
    'machine-port': machinePort,
    'registry-port': registryPort,
    'discovery-port': discoveryPort,
    machines: options.machines,
    guests: options.guests ?? 0,
    seed: options.seed ?? '1',
    'server-config': options.serverConfig ?? '',
    ...(options.image ? { image: options.image } : {}),
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  // An empty list still has to say so: without the flag the demo breaks a disk of its last machine.
  const faults = (options.faults ?? ['none']).flatMap((fault) => ['--fault', fault])
  const install = options.install === true ? [] : ['--no-install']
  const child = spawn(process.execPath, [cli, 'demo', ...install, '--json', ...args, ...faults], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const described = await readDescription(child).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  })
  const token = readFileSync(described.token_file, 'utf8').trim()
  const { url, setup_url: setupUrl, image, pids } = described
  const stop = async () => {
    await stopChild(child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { url, setupUrl, token, image, pids, dataDir, discoveryPort, client: new Client({ url, token }), stop }
}

/** The demo's one line of JSON; everything else it says is kept for the error. */
async function readDescription(child: ChildProcess): Promise<z.infer<typeof describedSchema>> {
  const said: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<z.infer<typeof describedSchema>>()
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      if (line.startsWith('{"url"')) resolve(describedSchema.parse(JSON.parse(line)))
    })
  }
  child.once('exit', (code) => reject(new Error(`the rack ended with exit code ${code}:\n${said.join('\n')}`)))
  return promise
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}
