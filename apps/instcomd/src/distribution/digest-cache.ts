import { createHash } from 'node:crypto'
import { Readable, Writable, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Fault } from '@slipway/base'
import type { PinnedFile } from './pinned-file.ts'

export type Encoding = 'zstd' | 'gzip'

/** More versions than ever lie in the folder at once; the oldest is forgotten. */
const maxEntries = 64
const pieceBytes = 1 << 20

const decompressors: Readonly<Record<Encoding, () => Duplex>> = {
  gzip: () => createGunzip(),
  zstd: () => createZstdDecompress(),
}

/** SHA-256 of files and of what compressed ones hold, computed once for each version of a file. */
export class DigestCache {
  readonly #entries = new Map<string, Promise<string>>()

  /** Lower-case hex SHA-256 of a file's bytes. */
  ofFile(file: PinnedFile): Promise<string> {
    return this.#once(file.key, () => digestOf(file, []))
  }

  /** The same of what a compressed file holds; `maxBytes` bounds it. Rejects for a broken one. */
  ofContent(file: PinnedFile, encoding: Encoding, maxBytes: number): Promise<string> {
    return this.#once(`${encoding}:${maxBytes}:${file.key}`, () =>
      digestOf(file, [decompressors[encoding]()], maxBytes),
    )
  }

  #once(key: string, compute: () => Promise<string>): Promise<string> {
    const known = this.#entries.get(key)
    if (known) return known
    const computing = compute()
    this.#entries.set(key, computing)
    // A failure is not kept: the next request tries again.
    computing.catch(() => this.#entries.delete(key))
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > maxEntries && !oldest.done) this.#entries.delete(oldest.value)
    return computing
  }
}

async function digestOf(
  file: PinnedFile,
  through: readonly Duplex[],
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      bytes += piece.length
      hash.update(piece)
      done(bytes > maxBytes ? new Fault('too-large', 'a compressed file holds more than the file it stands for') : null)
    },
  })
  await pipeline([Readable.from(bytesOf(file), { objectMode: false }), ...through, sink])
  await file.check()
  return hash.digest('hex')
}

async function* bytesOf(file: PinnedFile): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.size;) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, file.size - at))
    const { bytesRead } = await file.handle.read(piece, 0, piece.length, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}
