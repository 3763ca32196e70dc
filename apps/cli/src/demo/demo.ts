import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { delay, Fault } from '@slipway/base'
import { Client } from '@slipway/client'
import type { Machine } from '@slipway/protocol'
import { connect } from '../connect.ts'
import { watchInstallation } from '../commands/watch-installation.ts'
import { print } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'
import { BackgroundProgram } from './background-program.ts'
import { demoSocketDir, startDemoGuests } from './demo-guests.ts'
import { demoMachineConfig, demoServerConfig } from './demo-config.ts'

export interface DemoOptions {
  readonly dataDir: string
  readonly port: number
  readonly machinePort: number
  readonly registryPort: number
  readonly discoveryPort: number
  readonly machines: number
  /** Simulated guests with an agent, beside the machines. */
  readonly guests: number
  readonly seed: string
  /** Faults for the simulated machines; the default breaks a disk of the last one. */
  readonly faults: readonly string[]
  /** OCI layout to serve instead of the demo's own image. */
  readonly image: string | null
  /** Further lines for the server's configuration file (YAML, top level). */
  readonly serverConfig: string
  /** Whether to install the first machine. */
  readonly install: boolean
}

/** Generous for a loaded machine: a cold start of the database takes a second or two on a quiet one. */
const startMs = 90_000
const repository = 'slipway/demo'

/** The parts of a running demo, in order of their start. */
export interface RunningDemo {
  readonly url: string
  readonly setupLink: string | null
  /** Reference that the registry serves. */
  readonly image: string
  readonly parts: readonly BackgroundProgram[]
  /** Where it serves agents from, once they are built. */
  readonly agentBase: string
  /** The next machine to try, and a config for it; null when none is free. */
  readonly next: { readonly machine: string; readonly file: string } | null
  stop(): Promise<void>
}

/** Brings up registry, server and simulated machines, and installs the first one before the user's eyes. */
export async function startDemo(options: DemoOptions, signal: AbortSignal): Promise<RunningDemo> {
  const parts: BackgroundProgram[] = []
  const stop = async () => {
    for (const part of parts.toReversed()) await part.stop()
  }
  // Its own, so that a server of this computer and the demo do not serve each other's agents.
  const agentBase = process.env.INFINIBAY_BASE_DIR || join(options.dataDir, 'infinibay')
  const start = (name: BackgroundProgram['name'], args: readonly string[]) => {
    const log = join(options.dataDir, 'logs', `${name}.log`)
    const part = new BackgroundProgram(name, args, log, { INFINIBAY_BASE_DIR: agentBase })
    parts.push(part)
    return part
  }
  try {
    // Passable for others: as root, PostgreSQL runs as an unprivileged user below it. Secrets in it are 0600 each.
    mkdirSync(options.dataDir, { recursive: true, mode: 0o711 })
    const image = options.image ?? (await buildImage(start))
    const registry = start('demo-registry', ['--layout', image, '--port', String(options.registryPort)])
    const [, registryHost = ''] = await registry.waitForLine(/http:\/\/([\d.]+:\d+)/, startMs)
    const { url, setupLink } = await startServer(options, registryHost, start)
    const client = connect({ ...process.env, SLIPWAY_URL: url, SLIPWAY_DATA_DIR: options.dataDir })
    await startMachines(options, client, start)
    const [machines] = await Promise.all([
      waitForMachines(client, options.machines, signal),
      options.guests > 0 ? startDemoGuests(options, client, start) : null,
    ])
    const reference = `oci://${registryHost}/${repository}:latest`
    if (!options.install) return { url, setupLink, image: reference, parts, agentBase, next: null, stop }
    const row = (m: Machine) => [m.machine_id, m.hostname, m.status, m.address && `${m.address}:${m.port}`]
    print(printTable(['machine', 'hostname', 'status', 'address'], machines.map(row)))
    const next = await installFirst(options, client, machines, reference)
    return { url, setupLink, image: reference, parts, agentBase, next, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Start = (name: BackgroundProgram['name'], args: readonly string[]) => BackgroundProgram

async function buildImage(start: Start): Promise<string> {
  const started = Date.now()
  const builder = start('demo-image', [])
  const [, layout = ''] = await builder.waitForLine(/^layout (.+)$/, startMs)
  print(`Demo image ready in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return layout
}

async function startServer(
  options: DemoOptions,
  registry: string,
  start: Start,
): Promise<{ url: string; setupLink: string | null }> {
  const configFile = join(options.dataDir, 'slipway.yaml')
  writeFileSync(configFile, `${demoServerConfig({ ...options, registry })}${options.serverConfig}`)
  // As flags too: PORT and SLIPWAY_DATA_DIR in the user's environment win over a file, and are not the demo's.
  const flags = {
    config: configFile,
    port: options.port,
    'machine-port': options.machinePort,
    'data-dir': options.dataDir,
  }
  const sockets = options.guests > 0 ? ['--set', `guests.socket_dir=${demoSocketDir(options.dataDir)}`] : []
  const server = start('server', [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...sockets])
  const url = `http://127.0.0.1:${options.port}`
  const link = server.waitForLine(/(https?:\/\/[^\s"]+\/setup\/[\w-]+)/, startMs).catch(() => null)
  await waitUntilReady(url, server)
  // The link is printed before the server is ready; a second more is for a slow pipe.
  const match = await Promise.race([link, delay(1000).then(() => null)])
  return { url, setupLink: match?.[1] ?? null }
}

async function waitUntilReady(url: string, server: BackgroundProgram): Promise<void> {
  const ended = server.waitForLine(/a^/, startMs) // matches nothing: it only ever throws, with the server's last words
  ended.catch(() => undefined)
  const done = new AbortController()
  const poll = async () => {
    while (!done.signal.aborted && !(await isReady(url))) await delay(100)
  }
  await Promise.race([ended, poll()]).finally(() => done.abort())
}

async function isReady(url: string): Promise<boolean> {
  const client = new Client({ url, token: null })
  return client.call('ready', {}).then(
    (answer) => answer.status === 'ready',
    () => false,
  )
}

async function startMachines(options: DemoOptions, client: Client, start: Start): Promise<void> {
  const enrolment = await client.call('createEnrolmentToken', { body: { ttl_seconds: 86_400, max_machines: 100_000 } })
  const file = join(options.dataDir, 'enrolment.json')
  const { token, ca_pem, instcomd } = enrolment
  writeFileSync(file, JSON.stringify({ token, ca_pem, instcomd }), { mode: 0o600 })
  const args = {
    machines: String(options.machines),
    seed: options.seed,
    enrolment: file,
    'data-dir': join(options.dataDir, 'machines'),
    'discovery-port': String(options.discoveryPort),
  }
  const faults = options.faults.flatMap((fault) => ['--fault', fault])
  const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value])
  const simulate = start('simulate', [...flags, ...faults])
  await simulate.waitForLine(/sim-0001/, startMs)
}

/** After a restart the rows are there at once; a machine counts when it was seen since, or is installed and so silent. */
async function waitForMachines(client: Client, count: number, signal: AbortSignal): Promise<Machine[]> {
  const started = Date.now()
  const deadline = started + startMs
  const isUsable = (machine: Machine) =>
    machine.status === 'installed' ||
    (machine.enrolment === 'enrolled' && machine.last_seen !== null && Date.parse(machine.last_seen) >= started)
  await client.call('askDiscovery', {})
  for (;;) {
    const page = await client.call('listMachines', { query: { limit: 500 } })
    const items = page.items.filter(({ address }) => address !== null) // guests have none
    const usable = items.filter(isUsable)
    if (usable.length >= count) return items
    if (Date.now() > deadline) {
      throw new Fault(
        'unavailable',
        `only ${usable.length} of ${count} simulated machines were discovered; see slipway doctor`,
      )
    }
    await delay(200, signal)
  }
}

/** Writes a config for each machine that is free, to try things with, and installs the first; after a restart that may be none. */
async function installFirst(options: DemoOptions, client: Client, machines: readonly Machine[], image: string) {
  const free = machines.filter(({ status }) => status === 'available')
  const sorted = free.toSorted((a, b) => a.machine_id.localeCompare(b.machine_id))
  const files: string[] = []
  for (const machine of sorted) {
    const inventory = await client.call('getMachineInventory', { params: { machine_id: machine.machine_id } })
    const file = join(options.dataDir, `${machine.machine_id}.kdl`)
    writeFileSync(file, demoMachineConfig(inventory, image, files.length))
    files.push(file)
  }
  const [machine, next = machine] = sorted
  const [configFile = '', nextFile = configFile] = files
  if (!machine || !next) return null
  const kdl = readFileSync(configFile, 'utf8')
  const { plan_sha256 } = await client.call('makePlan', { body: { machine_id: machine.machine_id, kdl } })
  const { installation_id } = await client.call('install', {
    body: { machine_id: machine.machine_id, kdl, plan_sha256 },
  })
  print(`\nInstalling ${machine.hostname} from ${image} (config ${configFile})`)
  const code = await watchInstallation(client, installation_id)
  if (code === 1)
    throw new Fault(
      'internal',
      `the demo's installation failed; its parts' logs are in ${join(options.dataDir, 'logs')}`,
    )
  return { machine: next.machine_id, file: nextFile }
}
