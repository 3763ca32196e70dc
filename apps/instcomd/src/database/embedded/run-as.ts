import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Fault, type Logger } from '@slipway/base'

/** User and group of PostgreSQL's process; null = our own (not root). */
export interface RunAs {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root: user `slipway`, made where missing, else `nobody`. Null when we are not root. */
export async function chooseUser(logger: Logger): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null
  const user = (await lookUp('slipway')) ?? (await make(logger)) ?? (await lookUp('nobody'))
  if (user) return user
  throw new Fault(
    'database-unavailable',
    'PostgreSQL cannot run as root, and there is neither a user slipway nor nobody; make one (useradd --system slipway) or set DATABASE_URL',
  )
}

async function make(logger: Logger): Promise<RunAs | null> {
  try {
    await promisify(execFile)(
      'useradd',
      [
        '--system',
        '--user-group',
        '--no-create-home',
        '--home-dir',
        '/nonexistent',
        '--shell',
        '/usr/sbin/nologin',
        'slipway',
      ],
      { timeout: 10_000 },
    )
    logger.info({}, 'System user slipway made for PostgreSQL')
  } catch (error) {
    logger.debug({ err: error }, 'user slipway could not be made; PostgreSQL runs as nobody')
  }
  return lookUp('slipway')
}

async function lookUp(name: string): Promise<RunAs | null> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
  return fields ? { name, uid: Number(fields[2]), gid: Number(fields[3]) } : null
}

/** Refuses a folder that another user cannot reach, naming the one that is closed. */
export async function requireReachable(folder: string, user: RunAs): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    const { mode, uid } = await stat(at)
    const open = (mode & 0o001) !== 0 || (uid === user.uid && (mode & 0o100) !== 0)
    if (!open)
      throw new Fault(
        'configuration-invalid',
        `PostgreSQL runs as user ${user.name}, who cannot enter ${at}; choose another data directory (--data-dir), or: chmod o+x ${at}`,
      )
    if (at === dirname(at)) return
  }
}
