import { join } from 'node:path'
import { DigestCache, type Encoding } from './digest-cache.ts'
import { openPinned, type PinnedFile } from './pinned-file.ts'

/** What a request for a file gets: the file itself, or a compressed one that holds exactly it. */
export interface Representation {
  readonly file: PinnedFile
  readonly encoding: Encoding | null
  /** Strong, and another for each encoding (RFC 9110, 8.8.3.3). */
  readonly etag: string
}

const suffixes: Readonly<Record<Encoding, string>> = { gzip: 'gz', zstd: 'zst' }

/** Opens the files of the distribution folder and knows their digests. */
export class DistributionFiles {
  readonly folder: string
  readonly #digests = new DigestCache()

  constructor(folder: string) {
    this.folder = folder
  }

  /** Opens the first of the encodings that is there and fresh, else the file as it is; null when there is no such file. */
  async open(path: string, encodings: readonly Encoding[]): Promise<Representation | null> {
    const file = await openPinned(join(this.folder, path))
    if (file === null) return null
    try {
      for (const encoding of encodings) {
        const compressed = await this.#openFresh(path, encoding, file)
        if (compressed === null) continue
        await file.close()
        return compressed
      }
      return { file, encoding: null, etag: makeEtag(await this.#digests.ofFile(file), null) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Size, SHA-256 and time of a file as it is now; null when there is none. */
  async describe(path: string): Promise<{ size: number; sha256: string; modified: Date } | null> {
    const file = await openPinned(join(this.folder, path))
    if (file === null) return null
    try {
      return { size: file.size, sha256: await this.#digests.ofFile(file), modified: file.modified }
    } finally {
      await file.close()
    }
  }

  /** A small text file whole (a signature, metadata.json); null when there is none or it is larger than `maxBytes`. */
  async readText(path: string, maxBytes: number): Promise<string | null> {
    const file = await openPinned(join(this.folder, path))
    if (file === null) return null
    try {
      return file.size > maxBytes ? null : await file.handle.readFile('utf8')
    } finally {
      await file.close()
    }
  }

  /** A compressed file that is older than its original, or broken, is as good as none. */
  async #openFresh(path: string, encoding: Encoding, original: PinnedFile): Promise<Representation | null> {
    const file = await openPinned(join(this.folder, `${path}.${suffixes[encoding]}`))
    if (file === null) return null
    const holds = await this.#digests.ofContent(file, encoding, original.size).catch(() => null)
    if (holds !== null && holds === (await this.#digests.ofFile(original)))
      return { file, encoding, etag: makeEtag(await this.#digests.ofFile(file), encoding) }
    await file.close()
    return null
  }
}

/** 32 hex digits are plenty to tell versions apart. */
function makeEtag(sha256: string, encoding: Encoding | null): string {
  return `"${sha256.slice(0, 32)}${encoding === null ? '' : `-${encoding}`}"`
}
