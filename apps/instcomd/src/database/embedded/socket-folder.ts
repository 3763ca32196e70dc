import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import type { RunAs } from './run-as.ts'

/** sun_path holds 107 bytes (unix(7)); api.md draws the line at 100. */
const maxSocketPath = 100

const socketName = '.s.PGSQL.5432'

/** Where the socket goes: beside the data, or in a short folder of its own when that path is too long. */
export function socketFolderCandidates(preferred: string, uid: number): string[] {
  if (Buffer.byteLength(join(preferred, socketName)) <= maxSocketPath) return [preferred]
  const short = createHash('sha256').update(preferred).digest('hex').slice(0, 16)
  return [join('/run/slipway', short), join(tmpdir(), `slipway-${uid}-${short}`)]
}

/** Makes the first candidate that can be made; only PostgreSQL's user (and root) may enter it. */
export async function makeSocketFolder(preferred: string, user: RunAs | null): Promise<string> {
  const uid = user?.uid ?? process.getuid?.() ?? 0
  const candidates = socketFolderCandidates(preferred, uid)
  for (const folder of candidates) {
    if (await makePrivate(folder, uid, user)) return folder
  }
  throw new Fault(
    'database-unavailable',
    `no folder for PostgreSQL's socket could be made (tried ${candidates.join(', ')}); choose a data directory with a shorter path`,
  )
}

async function makePrivate(folder: string, uid: number, user: RunAs | null): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (user) await chown(folder, user.uid, user.gid)
    // In a folder that everybody writes, somebody else may have been first: chmod fails, or the owner is not ours.
    await chmod(folder, 0o700)
    return (await stat(folder)).uid === uid
  } catch {
    return false // the next candidate
  }
}
