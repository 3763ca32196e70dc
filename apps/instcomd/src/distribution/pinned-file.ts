import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { Fault } from '@slipway/base'

/** One version of a file, opened once: whatever happens to its name, this is what was opened. */
export interface PinnedFile {
  readonly handle: FileHandle
  readonly size: number
  readonly modified: Date
  /** Tells versions of files apart: device, inode, size, times. */
  readonly key: string
  /** Throws `unavailable` when somebody wrote into the file since it was opened (a rename over it does no harm). */
  check(): Promise<void>
  close(): Promise<void>
}

/** Read at once: fewer turns of the event loop for a 110 MB file, and small enough for a thousand readers. */
const pieceBytes = 256 << 10

/** Opens a plain file; null when there is none. A link is refused, so nothing outside the folder is reached through one. */
export async function openPinned(path: string): Promise<PinnedFile | null> {
  // O_NONBLOCK: opening a FIFO by that name must not hang.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP') return null
    throw error
  })
  if (handle === null) return null
  const facts = await handle.stat({ bigint: true })
  if (!facts.isFile()) {
    await handle.close()
    return null
  }
  return {
    handle,
    size: Number(facts.size),
    modified: facts.mtime,
    key: [facts.dev, facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(':'),
    async check() {
      const now = await handle.stat({ bigint: true })
      if (now.size !== facts.size || now.mtimeNs !== facts.mtimeNs) throw changed(path)
    },
    close: () => handle.close(),
  }
}

function changed(path: string): Fault {
  return new Fault('unavailable', `${path} was written to while it was read; replace it by renaming a new file over it`)
}

/**
 * Reads the bytes from `start` up to `end` (excluded). The last piece is handed out only when the file has not changed, so that
 * nobody takes a mixture of two versions for a whole one. Closes the file at its end or when it is destroyed.
 */
export function readPinned(file: PinnedFile, start: number, end: number): Readable {
  const stream = Readable.from(pieces(file, start, end), { objectMode: false, highWaterMark: pieceBytes })
  // Not in the generator: one that is never started never ends either.
  stream.once('close', () => void file.close())
  return stream
}

async function* pieces(file: PinnedFile, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at))
    const { bytesRead } = await file.handle.read(piece, 0, piece.length, at)
    at += bytesRead
    if (bytesRead === 0 || at >= end) await file.check()
    if (bytesRead === 0) throw new Fault('unavailable', 'the file became shorter while it was read')
    yield piece.subarray(0, bytesRead)
  }
}
