import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { flushFolder } from '../durable-file.ts'

const fdatasyncAsync = promisify(fdatasync)

/** So much of lines that no longer count is left before the file is written anew. */
const slackBytes = 4 * 1024 * 1024
/** How long a line may wait for a sync that something else asks for anyway; a power cut in that time loses it. */
const soonMs = 100
const chunkBytes = 256 * 1024

/** Where a line is in the file, without its newline. */
interface Place {
  readonly offset: number
  readonly length: number
}

/**
 * A file of lines to which is only appended, of which the last line of each key counts. Syncs are shared: whoever asks while one
 * runs gets the next, together with all others that ask meanwhile. When it has grown it is written anew without what no longer
 * counts. One process writes it. A line that was put survives the death of this process at once, and a power cut once synced.
 */
export class KeyedLog {
  readonly #path: string
  readonly #slackBytes: number
  readonly #onLost: (error: unknown) => void
  readonly #places = new Map<string, Place>()
  #livingBytes = 0
  #fd: number | null = null
  #size = 0
  /** Everything before it is on disk. */
  #synced = 0
  /** What the file holds after a failed sync is not known (fsync(2), NOTES): it is written anew from memory's copy. */
  #mustRewrite = false
  #running: Promise<void> | null = null
  /** What the running sync takes along. */
  #runningTo = 0
  #next: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null

  /** `onLost` hears of a sync that failed and that nobody waits for. */
  constructor(options: { path: string; onLost: (error: unknown) => void; slackBytes?: number }) {
    this.#path = options.path
    this.#onLost = options.onLost
    this.#slackBytes = options.slackBytes ?? slackBytes
  }

  /**
   * Every whole line, one at a time; to be called once, first. A rest without its newline was never synced: it is cut off.
   * What counts is told by `keep` and `drop`. Throws what the file system says.
   */
  *lines(): Generator<{ text: string; place: Place }> {
    const fd = this.#open()
    let rest = Buffer.alloc(0)
    let offset = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const bytes = readSync(fd, chunk, 0, chunkBytes, offset + rest.length)
      if (bytes === 0) break
      rest = Buffer.concat([rest, chunk.subarray(0, bytes)])
      let from = 0
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, from)) {
        yield { text: rest.toString('utf8', from, end), place: { offset: offset + from, length: end - from } }
        from = end + 1
      }
      rest = Buffer.from(rest.subarray(from))
      offset += from
    }
    if (rest.length > 0) ftruncateSync(fd, offset)
    this.#size = offset
    // Nothing counts as synced: a former agent may have died before its last sync.
    if (offset === 0) flushFolder(dirname(this.#path))
  }

  /** From now on this line counts for the key. */
  keep(key: string, place: Place): void {
    this.drop(key)
    this.#places.set(key, place)
    this.#livingBytes += place.length + 1
  }

  /** No line counts for the key any more. */
  drop(key: string): void {
    this.#livingBytes -= (this.#places.get(key)?.length ?? -1) + 1
    this.#places.delete(key)
  }

  /** Appends lines in one write, of which the last counts for the key. When that fails the file is as it was before. */
  put(key: string, ...lines: readonly string[]): void {
    const fd = this.#open()
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    try {
      writeAll(fd, bytes)
    } catch (error) {
      ftruncateSync(fd, this.#size)
      throw error
    }
    this.#size += bytes.length
    const length = Buffer.byteLength(lines.at(-1) ?? '')
    this.keep(key, { offset: this.#size - length - 1, length })
  }

  /** Fulfilled when everything that was put so far is on disk. */
  sync(): Promise<void> {
    if (this.#synced >= this.#size && !this.#mustRewrite) return Promise.resolve()
    if (!this.#running) return this.#start()
    if (this.#runningTo >= this.#size) return this.#running
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#start()
      })
    return this.#next
  }

  /** For lines that nobody waits for: the next sync takes them along, and one comes soon. */
  syncSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.sync().catch(this.#onLost)
    }, soonMs)
  }

  /** At the next sync the file is written anew. */
  rewriteSoon(): void {
    this.#mustRewrite = true
    this.syncSoon()
  }

  /** Syncs and lets go of the file; a later `put` opens it again. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    try {
      await this.sync()
    } finally {
      if (this.#fd !== null && !this.#running) {
        closeSync(this.#fd)
        this.#fd = null
      }
    }
  }

  #start(): Promise<void> {
    const running = this.#syncNow().finally(() => {
      if (this.#running === running) this.#running = null
    })
    this.#running = running
    return running
  }

  async #syncNow(): Promise<void> {
    const fd = this.#open()
    const grown = this.#size - this.#livingBytes > Math.max(this.#slackBytes, this.#livingBytes)
    // Removed by somebody: what was promised is still readable here, and must be found by the next agent.
    if (this.#mustRewrite || grown || fstatSync(fd).nlink === 0) {
      this.#rewrite(fd)
      return
    }
    const upTo = this.#size
    this.#runningTo = upTo
    try {
      await fdatasyncAsync(fd)
    } catch (error) {
      this.#mustRewrite = true
      throw error
    }
    this.#synced = upTo
  }

  /** Without a pause, so that nothing is put meanwhile: some milliseconds, once in thousands of runs. */
  #rewrite(fd: number): void {
    const beside = `${this.#path}.new`
    const target = openSync(beside, 'w', 0o600)
    const places = new Map<string, Place>()
    let size = 0
    try {
      let batch: Buffer[] = []
      let waiting = 0
      for (const [key, { offset, length }] of this.#places) {
        const line = readAll(fd, offset, length + 1)
        places.set(key, { offset: size, length })
        size += line.length
        waiting += batch.push(line) > 0 ? line.length : 0
        if (waiting < chunkBytes) continue
        writeAll(target, Buffer.concat(batch))
        batch = []
        waiting = 0
      }
      writeAll(target, Buffer.concat(batch))
      fsyncSync(target)
    } finally {
      closeSync(target)
    }
    this.#replace(fd, beside)
    for (const [key, place] of places) this.#places.set(key, place)
    this.#size = size
    this.#synced = size
    this.#livingBytes = size
    this.#mustRewrite = false
  }

  #replace(fd: number, beside: string): void {
    // Windows does not replace a file that is open.
    if (process.platform === 'win32') this.#closeNow(fd)
    renameSync(beside, this.#path)
    if (process.platform !== 'win32') this.#closeNow(fd)
    flushFolder(dirname(this.#path))
  }

  #closeNow(fd: number): void {
    closeSync(fd)
    this.#fd = null
  }

  #open(): number {
    this.#fd ??= openSync(this.#path, 'a+', 0o600)
    return this.#fd
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
}

function readAll(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const more = readSync(fd, bytes, done, length - done, offset + done)
    if (more === 0) throw new Error('the journal is shorter than what was written to it')
    done += more
  }
  return bytes
}
