import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { serveLayout, writeLayout, type ServedLayout } from '@slipway/oci'
import type { Installation, Inventory, Machine, Progress } from '@slipway/protocol'
import { freePorts } from '@slipway/testing'

const instcomdMain = join(import.meta.dirname, '..', 'main.ts')
const simulateMain = join(import.meta.dirname, '..', '..', '..', 'machined', 'src', 'simulate-main.ts')

/** A whole Slipway of real programs: registry in this process, instcomd and simulated machines as children. */
export interface TestRack {
  readonly registry: ServedLayout
  readonly image: string
  readonly dataDir: string
  readonly url: string
  token(): string
  call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>
  machines(count: number): Promise<Machine[]>
  inventory(machineId: string): Promise<Inventory>
  /** Waits for a condition on an installation. */
  until(installationId: string, what: (progress: Progress) => boolean): Promise<Progress>
  installation(installationId: string): Promise<Installation>
  startServer(): Promise<void>
  /** SIGKILL; PostgreSQL of the test lives on. */
  killServer(): Promise<void>
  startMachines(count: number, more?: readonly string[]): Promise<void>
  stopMachines(signal?: NodeJS.Signals): Promise<void>
  /** Everything that both programs said, for a failing test. */
  said(): string
  stop(): Promise<void>
}

const patienceMs = 40_000

/** Starts registry and server; `layerBytes` is the size of the image's one layer before compression. */
export async function startTestRack(options: {
  databaseUrl: string
  layerBytes?: number
  server?: readonly string[]
}): Promise<TestRack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-rack-'))
  const registry = await serveImage(join(dataDir, 'image'), options.layerBytes ?? 4096)
  const [port, machinePort, discoveryPort] = await freePorts(3)
  const url = `http://127.0.0.1:${port}`
  const said: string[] = []
  let server: ChildProcess | null = null
  let machines: ChildProcess | null = null
  let token = ''

  const args = {
    port,
    'machine-port': machinePort,
    'data-dir': join(dataDir, 'server'),
    'database-url': options.databaseUrl,
    'discovery-interface': '127.0.0.1',
  }
  const settings = [`discovery.port=${discoveryPort}`, 'discovery.interval=1s', ...(options.server ?? [])]

  async function call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T } // the caller's test says what it expects
  }

  const rack: TestRack = {
    registry,
    image: `oci://127.0.0.1:${registry.port}/test/image:latest`,
    dataDir,
    url,
    token: () => token,
    call,
    said: () => said.join(''),
    async machines(count) {
      return eventually(`${count} enrolled machines`, async () => {
        const { body } = await call<{ items: Machine[] }>('GET', '/api/machines?limit=500')
        const enrolled = body.items.filter(({ enrolment }) => enrolment === 'enrolled')
        return enrolled.length >= count ? enrolled : null
      })
    },
    inventory: async (machineId) => (await call<Inventory>('GET', `/api/machines/${machineId}/inventory`)).body,
    until: (id, what) =>
      eventually(`installation ${id}`, async () => {
        const { body } = await call<Progress>('GET', `/api/install/${id}/progress`)
        return what(body) ? body : null
      }),
    installation: async (id) => (await call<Installation>('GET', `/api/install/${id}`)).body,
    async startServer() {
      const flags = Object.entries(args).map(([name, value]) => `--${name}=${value}`)
      server = start(instcomdMain, [...flags, ...settings.flatMap((setting) => ['--set', setting])], said)
      await eventually('the server', async () => {
        const ready = await fetch(`${url}/ready`).catch(() => null)
        return ready?.status === 200 ? true : null
      })
      token = (await readFile(join(dataDir, 'server', 'admin.token'), 'utf8')).trim()
    },
    async killServer() {
      await end(server, 'SIGKILL')
    },
    async startMachines(count, more = []) {
      const enrolment = join(dataDir, 'enrolment.json')
      const { body } = await call<object>('POST', '/api/enrollments', { ttl_seconds: 3600, max_machines: 1000 })
      await writeFile(enrolment, JSON.stringify({ ...body, instcomd: [] }), { mode: 0o600 })
      const flags = {
        machines: count,
        enrolment,
        'data-dir': join(dataDir, 'machines'),
        'discovery-port': discoveryPort,
      }
      machines = start(
        simulateMain,
        [...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]), ...more],
        said,
      )
    },
    stopMachines: (signal = 'SIGTERM') => end(machines, signal),
    async stop() {
      await Promise.all([end(server, 'SIGTERM'), end(machines, 'SIGTERM')])
      await registry.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }

  async function eventually<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await wait(25)) {
      const found = await look()
      if (found !== null) return found
      if (hasFailed(server) || hasFailed(machines)) break
    }
    throw new Error(`waited in vain for ${what}; the programs said:\n${said.join('').slice(-12_000)}`)
  }

  try {
    await rack.startServer()
  } catch (error) {
    await rack.stop()
    throw error
  }
  return rack
}

function start(main: string, argv: readonly string[], said: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SLIPWAY_LOG: 'debug' },
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')))
  return child
}

function hasFailed(child: ChildProcess | null): boolean {
  return child !== null && child.exitCode !== null && child.exitCode !== 0
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
}

async function serveImage(dir: string, layerBytes: number): Promise<ServedLayout> {
  const content = new Uint8Array(layerBytes)
  for (let index = 0; index < layerBytes; index += 65_536)
    crypto.getRandomValues(content.subarray(index, Math.min(layerBytes, index + 65_536)))
  const entries = [
    { kind: 'directory' as const, path: 'etc' },
    { kind: 'directory' as const, path: 'boot' },
    // The simulated machine reads no more of them than that they are there.
    { kind: 'file' as const, path: 'boot/vmlinuz-6.1.0', content: 'kernel' },
    { kind: 'file' as const, path: 'boot/initrd.img-6.1.0', content: 'initrd' },
    { kind: 'file' as const, path: 'etc/hostname', content: 'image\n' },
    { kind: 'file' as const, path: 'payload', content },
  ]
  const images = ['amd64', 'arm64'].map((architecture) => ({
    name: 'latest',
    platform: { os: 'linux', architecture },
    labels: { 'org.slipway.boot': 'uefi,bios' },
    layers: [{ entries, compression: 'gzip' as const }],
  }))
  await writeLayout({ dir, images })
  return serveLayout({ layoutDir: dir, repositories: { 'test/image': { latest: 'latest' } } })
}
