import { watch, type FSWatcher } from 'node:fs'
import { open } from 'node:fs/promises'

/** The text that a machine's serial line has said, as QEMU writes it to a file; readable while it grows. */
export class SerialLog {
  readonly file: string
  #text = ''
  #offset = 0

  constructor(file: string) {
    this.file = file
  }

  /** All that was said until now, without terminal escapes and carriage returns. */
  async read(): Promise<string> {
    const handle = await open(this.file, 'r')
    try {
      const { size } = await handle.stat()
      const buffer = Buffer.alloc(Math.max(0, size - this.#offset))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#offset)
      this.#offset += bytesRead
      this.#text += plain(buffer.toString('utf8', 0, bytesRead))
      return this.#text
    } finally {
      await handle.close()
    }
  }

  /** A mark for `waitFor`: only what is said after it counts. */
  async mark(): Promise<number> {
    return (await this.read()).length
  }

  /** Resolves to the first match behind `from`; rejects with the last lines when `seconds` have passed. */
  async waitFor(
    pattern: RegExp,
    options: { seconds: number; from?: number; signal?: AbortSignal },
  ): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(options.seconds * 1000)
    const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline
    for (;;) {
      const text = await this.read()
      const match = pattern.exec(text.slice(options.from ?? 0))
      if (match) return match
      if (signal.aborted)
        throw new Error(`the machine did not say ${pattern} within ${options.seconds} s; last:\n${text.slice(-2000)}`)
      await changed(this.file, signal)
    }
  }
}

/** Resolves when the file grows, or after a second: a write between reading and watching would be missed otherwise. */
async function changed(file: string, signal: AbortSignal): Promise<void> {
  let watcher: FSWatcher | undefined
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, 1000)
  signal.addEventListener('abort', () => resolve(), { once: true })
  try {
    watcher = watch(file, () => resolve())
    await promise
  } finally {
    clearTimeout(timer)
    watcher?.close()
  }
}

// ESC [ … letter (ECMA-48 control sequences) and carriage returns: firmware and systemd colour their lines.
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\r/g, '')
}
