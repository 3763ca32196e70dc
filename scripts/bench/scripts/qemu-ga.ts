import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { LineSplitter } from '@slipway/protocol'
import { z } from 'zod'
import { cachedFolder } from '../../agent/cache-folder.ts'
import { startChild } from './child.ts'
import type { Contender } from './contender.ts'
import { until } from './until.ts'

/** 16 MiB of output (GUEST_EXEC_MAX_OUTPUT, qga/commands.c) are one line of 22 MiB in base64. */
const longestLine = 64 << 20

const answerSchema = z.union([
  z.object({ return: z.unknown() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }) }),
])
const startedSchema = z.object({ pid: z.number() })
const statusSchema = z.object({
  exited: z.boolean(),
  exitcode: z.number().optional(),
  'out-data': z.string().optional(),
  'out-truncated': z.boolean().optional(),
})

/** A connection to qemu-ga: it answers in the order of the requests. */
export class QemuGaClient {
  readonly #socket: Socket
  readonly #waiting: PromiseWithResolvers<unknown>[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    const splitter = new LineSplitter(longestLine)
    socket.on('data', (bytes: Buffer) => {
      for (const split of splitter.push(bytes)) {
        if ('fault' in split) throw split.fault
        const answer = answerSchema.parse(JSON.parse(split.line))
        if ('return' in answer) this.#waiting.shift()?.resolve(answer.return)
        else this.#waiting.shift()?.reject(new Error(`qemu-ga: ${answer.error.desc}`))
      }
    })
  }

  call(execute: string, args: object): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.push(answer)
    this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    return answer.promise
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Connects, waiting for the socket to exist. */
export async function connectQemuGa(path: string): Promise<QemuGaClient> {
  const socket = createConnection(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const client = new QemuGaClient(socket)
  await client.call('guest-sync', { id: process.pid })
  return client
}

/** The agent of QEMU as Debian builds it, on a unix socket of its own; `socket` tells where. */
export async function startQemuGa(folder: string): Promise<Contender & { socket: string }> {
  const { program, libraries } = await bringQemuGa()
  const socket = join(folder, 'qga.socket')
  const env = { ...process.env, LD_LIBRARY_PATH: libraries }
  const argv = [
    'env',
    `LD_LIBRARY_PATH=${libraries}`,
    program,
    '-m',
    'unix-listen',
    '-p',
    socket,
    '-t',
    folder,
    '-f',
    join(folder, 'qga.pid'),
  ] as const
  const child = startChild([...argv])
  await until('qemu-ga', child, () => (existsSync(socket) ? true : null))
  // One client at a time: a connection that the relay's measurement closed is followed by the next.
  let client: QemuGaClient | null = null
  return {
    name: 'qemu-ga',
    title: execFileSync(program, ['--help'], { encoding: 'utf8', env }).split('\n')[1] ?? 'qemu-ga',
    commands: [
      'qemu-ga -m unix-listen -p SOCKET',
      'guest-exec {"path":"/bin/bash","arg":["-c",SCRIPT],"capture-output":true}, then guest-exec-status again and again without a pause',
    ],
    agentPid: child.pid,
    streams: false,
    socket,
    async run(script, { signal }) {
      client ??= await connectQemuGa(socket)
      const asked = { path: '/bin/bash', arg: ['-c', script], 'capture-output': true }
      const { pid } = startedSchema.parse(await client.call('guest-exec', asked))
      for (;;) {
        signal.throwIfAborted()
        const status = statusSchema.parse(await client.call('guest-exec-status', { pid }))
        if (!status.exited) continue
        const output = Buffer.from(status['out-data'] ?? '', 'base64').toString()
        return { exitCode: status.exitcode ?? null, output: [output], truncated: status['out-truncated'] ?? false }
      }
    },
    async stop() {
      client?.close()
      await child.stop()
    },
  }
}

/** Debian's package, and the library of it that a small system has not. */
const packages = ['qemu-guest-agent', 'liburing2']

/** Downloads and unpacks the packages beside everything else that can be made again; nothing is installed. */
async function bringQemuGa(): Promise<{ program: string; libraries: string }> {
  const [version = ''] = execFileSync('apt-cache', ['show', '--no-all-versions', 'qemu-guest-agent'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((line) => line.startsWith('Version: '))
  const folder = await cachedFolder(`bench-qemu-ga-2-${version.replace(/[^\w.+-]+/g, '-')}`, async (making) => {
    console.log(`fetching ${packages.join(', ')}`)
    // apt's own sandbox user cannot write below a root-only folder.
    const fetch = ['-o', 'APT::Sandbox::User=root', '-q', 'download', ...packages]
    execFileSync('apt-get', fetch, { cwd: making, stdio: ['ignore', 'ignore', 'inherit'] })
    for (const deb of readdirSync(making).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg-deb', ['-x', join(making, deb), making])
  })
  // Only x86-64 is measured: MeshCentral's agent is built for nothing else here.
  return { program: join(folder, 'usr/sbin/qemu-ga'), libraries: join(folder, 'usr/lib/x86_64-linux-gnu') }
}
