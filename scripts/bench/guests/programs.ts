import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from '@slipway/client'
import { freePorts, waitFor } from '@slipway/testing'

const apps = join(import.meta.dirname, '../../../apps')
/** The server needs one descriptor a guest, the simulator two; 10 000 guests are beyond what is usual. */
const descriptors = 65_536
/** Root may raise its limit; others get what they are allowed. */
const withDescriptors = `ulimit -n ${descriptors} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"`

/** A program under measurement. */
export interface Measured {
  readonly pid: number
  /** Called with each line of its stdout. */
  onLine(take: (line: string) => void): void
  hasEnded(): boolean
  stop(): Promise<void>
}

/** Starts a program with more file descriptors; stderr and stdout go to a log file. */
export function startMeasured(argv: readonly string[], logFile: string): Measured {
  const child = spawn('sh', ['-c', withDescriptors, process.execPath, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of this user's environment: the configuration is the default one.
    env: { PATH: process.env['PATH'] },
  })
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  const takers: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`)
    for (const take of takers) take(line)
  })
  child.stderr.pipe(log, { end: false })
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? 0,
    onLine: (take) => void takers.push(take),
    hasEnded,
    async stop() {
      if (hasEnded()) return
      const gone = once(child, 'close')
      child.kill('SIGTERM')
      await gone
    },
  }
}

export interface BenchServer extends Measured {
  readonly url: string
  readonly client: Client
}

/** instcomd with its own PostgreSQL (fsync on) and nothing configured but where its data and the guests' sockets are. */
export async function startBenchServer(input: {
  folder: string
  configFile: string
  nodeFlags: readonly string[]
}): Promise<BenchServer> {
  const { folder, configFile, nodeFlags } = input
  const [port, machinePort, discoveryPort] = await freePorts(3)
  const flags = { config: configFile, port, 'machine-port': machinePort, 'data-dir': join(folder, 'server') }
  const program = startMeasured(
    [
      ...nodeFlags,
      join(apps, 'instcomd/src/main.ts'),
      ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      '--discovery-interface=127.0.0.1',
      '--set',
      `discovery.port=${discoveryPort}`,
    ],
    join(folder, 'server.log'),
  )
  const url = `http://127.0.0.1:${port}`
  const isReady = async () => ((await fetch(`${url}/ready`).catch(() => null))?.status === 200 ? true : null)
  const explain = () => readFileSync(join(folder, 'server.log'), 'utf8').slice(-3000)
  await waitFor('instcomd', isReady, { explain, isHopeless: program.hasEnded })
  const token = readFileSync(join(folder, 'server/admin.token'), 'utf8').trim()
  return { ...program, url, client: new Client({ url, token }) }
}

/**
 * Simulated guests that model their scripts: one process, or as many as the limit of descriptors makes necessary (a guest
 * takes two: it listens, and it is connected).
 */
export function startBenchGuests(input: { folder: string; count: number; seed: string }): Measured[] {
  const { folder, count, seed } = input
  const each = Math.floor((allowedDescriptors() - 500) / 2) // 500 for everything else
  return Array.from({ length: Math.ceil(count / each) }, (_, index) => {
    const first = 1 + index * each
    const guests = Math.min(each, count - index * each)
    const flags = { guests, first, seed, run: 'model', 'socket-dir': join(folder, 'sockets') }
    const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    return startMeasured(
      [join(apps, 'infiniservice/src/simulate-main.ts'), '--json', ...argv],
      join(folder, `guests-${first}.log`),
    )
  })
}

/** What `startMeasured` gets, asked of a shell. */
export function allowedDescriptors(): number {
  return Number(execFileSync('sh', ['-c', withDescriptors, 'sh', '-c', 'ulimit -n'], { encoding: 'utf8' }))
}
