import { watch, type FSWatcher } from 'node:fs'
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@slipway/base'

const suffix = '.socket'
/** A machine's id as it may stand in a file's name: no separator, no hidden file. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/
/** sun_path holds 107 bytes (unix(7)); api.md draws the line at 100. */
const maxSocketPath = 100

/** A hint may be lost, and folders on other file systems give none; milliseconds. */
const rescanMs = 10_000
/** Many files at once are read once. */
const gatherMs = 50

/** What a look into the folder found. */
export interface FoundSockets {
  /** Machine ids by the names of sockets. */
  readonly ids: ReadonlySet<string>
  /** Files that are named like a socket and are none, or that name no machine; with the reason. */
  readonly odd: ReadonlyMap<string, string>
}

/** The folder in which QEMU listens, one `<machine id>.socket` for each guest. */
export class SocketFolder {
  readonly #path: string
  readonly #logger: Logger
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | null = null
  #rescan: NodeJS.Timeout | null = null
  #folder: FileHandle | null = null
  #troubled = false

  constructor(path: string, logger: Logger) {
    this.#path = path
    this.#logger = logger
  }

  /** Calls `changed` now and whenever the folder may look different; makes the folder where that is possible. */
  start(changed: () => void): void {
    this.#rescan = setInterval(() => {
      this.#watch(changed)
      changed()
    }, rescanMs)
    void mkdir(this.#path, { recursive: true, mode: 0o750 })
      .catch(() => undefined) // the look below says why it is not there
      .then(() => {
        if (this.#rescan) this.#watch(changed)
        changed()
      })
  }

  async stop(): Promise<void> {
    if (this.#rescan) clearInterval(this.#rescan)
    if (this.#timer) clearTimeout(this.#timer)
    this.#rescan = null
    this.#watcher?.close()
    await this.#folder?.close()
    this.#folder = null
  }

  /** Null while the folder cannot be read: then nothing is known, and links stay as they are. */
  async look(): Promise<FoundSockets | null> {
    try {
      const found = sort(await readdir(this.#path, { withFileTypes: true }))
      this.#folder ??= await open(this.#path, 'r')
      this.#troubled = false
      return found
    } catch (error) {
      if (!this.#troubled)
        this.#logger.warn({ err: error, folder: this.#path }, 'The folder of guests’ sockets cannot be read')
      this.#troubled = true
      return null
    }
  }

  /**
   * Where a machine's socket is connected: a path that is too long for sun_path goes through the open folder (proc(5)).
   * Null when even that is too long.
   */
  socketPath(machineId: string): string | null {
    const name = machineId + suffix
    const direct = join(this.#path, name)
    if (Buffer.byteLength(direct) <= maxSocketPath) return direct
    const short = `/proc/self/fd/${this.#folder?.fd}/${name}`
    return this.#folder && Buffer.byteLength(short) <= maxSocketPath ? short : null
  }

  #watch(changed: () => void): void {
    if (this.#watcher) return
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#gather(changed))
      this.#watcher.on('error', () => this.#unwatch())
    } catch {
      this.#unwatch() // not there yet; the rescan tries again
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = null
  }

  #gather(changed: () => void): void {
    if (!this.#rescan) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      changed()
    }, gatherMs)
  }
}

function sort(entries: readonly { name: string; isSocket(): boolean }[]): FoundSockets {
  const ids = new Set<string>()
  const odd = new Map<string, string>()
  for (const entry of entries) {
    if (!entry.name.endsWith(suffix)) continue
    const id = entry.name.slice(0, -suffix.length)
    if (!idPattern.test(id)) odd.set(id.slice(0, 128), 'the file’s name is no machine id (letters, digits and . _ : -)')
    else if (!entry.isSocket()) odd.set(id, 'the file is not a socket')
    else ids.add(id)
  }
  return { ids, odd }
}
