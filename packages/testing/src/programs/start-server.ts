import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@slipway/client'
import { isTerminal, type Machine, type Progress } from '@slipway/protocol'
import { startProgram, type ChildProgram } from './child-program.ts'
import { freePorts } from './free-ports.ts'
import { waitFor } from './wait-for.ts'

export interface ServerOptions {
  /** Made where missing; a second start on it finds the first one's data. */
  readonly dataDir: string
  /** Machines of the same port answer this server; servers of one database share it. */
  readonly discoveryPort: number
  /** Null or left out: the embedded PostgreSQL. */
  readonly databaseUrl?: string | null
  /** 32 bytes, the same for all servers of one database. */
  readonly masterKey?: Buffer
  /** More configuration: YAML at top level. */
  readonly config?: string
  /** Where it listens, for a second start in the place of a first; default: free ones. */
  readonly ports?: readonly [port: number, machinePort: number]
}

/** An instcomd as a program of its own. */
export interface Server extends ChildProgram {
  readonly url: string
  readonly token: string
  readonly dataDir: string
  readonly client: Client
  /** Waits until so many machines are enrolled and answer. */
  machines(count: number): Promise<Machine[]>
  /** Waits for a condition on an installation's progress; refused calls in between count as not yet. */
  until(installationId: string, what: (progress: Progress) => boolean): Promise<Progress>
  untilEnded(installationId: string): Promise<Progress>
}

/** Starts instcomd on free loopback ports and waits until it is ready; throws with its words when it is not. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { dataDir, discoveryPort } = options
  // Passable for others: as root, PostgreSQL runs as an unprivileged user below it.
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const config = join(dataDir, 'slipway.yaml')
  await writeFile(config, options.config ?? '{}\n')
  if (options.masterKey)
    await writeFile(join(dataDir, 'master.key'), options.masterKey.toString('base64'), { mode: 0o600 })
  const [port, machinePort] = options.ports ?? (await freePorts(2))
  const flags = {
    config,
    port,
    'machine-port': machinePort,
    'data-dir': dataDir,
    'discovery-interface': '127.0.0.1',
    ...(options.databaseUrl ? { 'database-url': options.databaseUrl } : {}),
  }
  const program = startProgram('instcomd', [
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    ...[`discovery.port=${discoveryPort}`, 'discovery.interval=2s'].flatMap((setting) => ['--set', setting]),
  ])
  const url = `http://127.0.0.1:${port}`
  const waiting = { explain: program.said, isHopeless: program.hasEnded }
  const isReady = async () => ((await fetch(`${url}/ready`).catch(() => null))?.status === 200 ? true : null)
  await waitFor('the server', isReady, waiting).catch(async (error: unknown) => {
    await program.stop('SIGKILL')
    throw error
  })
  const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim()
  const client = new Client({ url, token })
  const until: Server['until'] = (installation_id, what) =>
    waitFor(
      `installation ${installation_id}`,
      async () => {
        const progress = await client.call('getProgress', { params: { id: installation_id } }).catch(() => null)
        return progress && what(progress) ? progress : null
      },
      waiting,
    )
  return {
    ...program,
    url,
    token,
    dataDir,
    client,
    until,
    untilEnded: (id) => until(id, ({ status }) => isTerminal(status)),
    machines: (count) =>
      waitFor(
        `${count} enrolled machines`,
        async () => {
          const { items } = await client.call('listMachines', { query: { limit: 500 } })
          const enrolled = items.filter((machine) => machine.enrolment === 'enrolled' && machine.status === 'available')
          return enrolled.length >= count ? enrolled : null
        },
        waiting,
      ),
  }
}
