import { readdir, readFile, readlink } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import type { FastifyInstance } from 'fastify'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** The flag that chooses another port, for the message: `--port`. */
  readonly flag: string
}

/** Listens, and returns the port (asked for 0, the system chooses). Throws `port-in-use` with the owner where it can be read. */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<number> {
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    throw await explain(error, options)
  }
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : options.port
}

async function explain(error: unknown, { host, port, flag }: ListenOptions): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : null
  const other = `choose another with ${flag} PORT (or in slipway.yaml)`
  if (code === 'EACCES')
    return new Fault('configuration-invalid', `port ${port} needs root (it is below 1024); ${other}`, { cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Fault(
      'configuration-invalid',
      `this machine has no address ${host} to listen on; set server.host to one of its own, or 0.0.0.0`,
      { cause: error },
    )
  if (code !== 'EADDRINUSE') return error
  const owner = await findOwner(port)
  const who = owner ? `process ${owner.pid} (${owner.command})` : 'another program (its owner cannot be read)'
  return new Fault('port-in-use', `port ${port} on ${host} is used by ${who}; stop it, or ${other}`, {
    cause: error,
    details: { port, host, ...(owner ? { pid: owner.pid, command: owner.command } : {}) },
  })
}

/** Who listens on a TCP port: the socket's inode from /proc/net/tcp (proc(5)), then the process that has it open. */
export async function findOwner(port: number): Promise<{ pid: number; command: string } | null> {
  const inodes = new Set([
    ...(await listeningInodes('/proc/net/tcp', port)),
    ...(await listeningInodes('/proc/net/tcp6', port)),
  ])
  if (inodes.size === 0) return null
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if (await holds(pid, inodes)) return { pid: Number(pid), command: await commandOf(pid) }
  }
  return null
}

/** Columns: number, local address as HEXIP:HEXPORT, remote, state (0A = listening), …, inode. */
async function listeningInodes(file: string, port: number): Promise<string[]> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').map((line) => line.trim().split(/\s+/))
  return lines
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === '0A')
    .map((columns) => columns[9] ?? '')
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []) // not ours to read
  for (const name of names) {
    const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '')
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) return true
  }
  return false
}

async function commandOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.replaceAll('\0', ' ').trim().slice(0, 200) || 'unknown'
}
