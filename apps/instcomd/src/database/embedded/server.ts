import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { backoffDelay, delay, Fault, type Logger } from '@slipway/base'
import pg from 'pg'
import { stopPostmaster } from './orphan.ts'
import type { RunAs } from './run-as.ts'

const restart = { firstMs: 100, capMs: 5000, tries: Number.POSITIVE_INFINITY }

/** Recovery after a crash reads the log since the last checkpoint: seconds, minutes on a bad disk. */
const readyDeadlineMs = 5 * 60_000

/** A server that lived this long was well: the next failure begins the backoff anew. */
const healthyMs = 60_000

/** What is not PostgreSQL's default: no TCP, few connections, UTC, little memory for a small machine. fsync stays on. */
const settings = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'max_connections=100',
  'shared_buffers=64MB',
  'max_wal_size=512MB',
  'timezone=UTC',
  'log_timezone=UTC',
  'jit=off',
]

interface ServerOptions {
  readonly bin: string
  readonly data: string
  readonly socketFolder: string
  readonly user: RunAs | null
  readonly logger: Logger
}

interface Server {
  pid(): number | null
  stop(): Promise<void>
}

/** Runs the postmaster, waits until it answers, and starts it again with backoff whenever it ends unasked. */
export async function superviseServer(options: ServerOptions): Promise<Server> {
  const { logger } = options
  const stopping = new AbortController()
  let child: ChildProcess | null = null
  let failures = 0

  async function launch(): Promise<void> {
    const started = Date.now()
    child = spawnPostgres(options)
    child.once('exit', (code, signal) => {
      child = null
      if (stopping.signal.aborted) return
      failures = Date.now() - started > healthyMs ? 1 : failures + 1
      logger.warn({ code, signal, attempt: failures }, 'PostgreSQL ended unasked; starting it again')
      void relaunch()
    })
    await untilReady(options, () => child !== null, stopping.signal)
  }

  async function relaunch(): Promise<void> {
    try {
      await delay(backoffDelay(restart, failures), stopping.signal)
      await launch()
      logger.info({}, 'PostgreSQL is back')
    } catch (error) {
      // The exit handler of that launch has already planned the next; aborted: nothing more to do.
      logger.debug({ err: error }, 'PostgreSQL did not come back yet')
    }
  }

  const server: Server = {
    pid: () => child?.pid ?? null,
    async stop() {
      stopping.abort(new Fault('cancelled', 'the database is being stopped'))
      const pid = child?.pid
      if (pid !== undefined) await stopPostmaster(pid)
    },
  }
  try {
    await launch()
  } catch (error) {
    await server.stop()
    throw error
  }
  await makeOwnDatabase(options.socketFolder)
  return server
}

function spawnPostgres(options: ServerOptions): ChildProcess {
  const all = [...settings, `unix_socket_directories=${options.socketFolder}`]
  const child = spawn(join(options.bin, 'postgres'), ['-D', options.data, ...all.flatMap((one) => ['-c', one])], {
    cwd: options.data,
    // A group of its own: Ctrl-C in the terminal must reach instcomd first, which then stops the database in order.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
  })
  child.on('error', (error) => options.logger.error({ err: error }, 'PostgreSQL cannot be started'))
  if (child.stderr)
    createInterface(child.stderr).on('line', (line) => {
      if (/\b(FATAL|PANIC):/.test(line)) options.logger.warn({ postgres: line }, 'PostgreSQL reports')
      else options.logger.debug({ postgres: line }, 'PostgreSQL reports')
    })
  return child
}

async function untilReady(options: ServerOptions, isAlive: () => boolean, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + readyDeadlineMs; Date.now() < deadline; await delay(25, signal)) {
    if (!isAlive())
      throw new Fault(
        'database-unavailable',
        `PostgreSQL in ${options.data} ended while starting; SLIPWAY_LOG=debug shows its own words`,
      )
    if (await answers(options.socketFolder)) return
  }
  throw new Fault(
    'database-unavailable',
    `PostgreSQL in ${options.data} did not get ready in ${readyDeadlineMs / 60_000} minutes`,
  )
}

async function answers(socketFolder: string): Promise<boolean> {
  return onServer(socketFolder, async () => true).catch(() => false)
}

async function makeOwnDatabase(socketFolder: string): Promise<void> {
  await onServer(socketFolder, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = 'slipway'")
    if (!rowCount) await client.query('CREATE DATABASE slipway')
  })
}

async function onServer<T>(host: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ host, user: 'slipway', database: 'postgres', connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined) // the query that waits reports it
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
