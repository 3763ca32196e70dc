import { Fault } from '@slipway/base'

/** agent.md: 8 MiB a line at most. */
export const maxLineBytes = 8 * 1024 * 1024

const newline = 0x0a

/** One line, or why it was skipped (`too-large`, `invalid-request` for bytes that are not UTF-8). Empty lines are dropped. */
export type SplitLine = { readonly line: string } | { readonly fault: Fault }

/**
 * Cuts a byte stream into lines: many in one piece and one over many. A line over the limit is skipped to its end and told
 * once; what is kept of it is never more than the limit. Pieces are kept as views, so do not write into a pushed buffer.
 */
export class LineSplitter {
  readonly #limit: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #pieces: Uint8Array[] = []
  #bytes = 0
  #skipping = false

  constructor(limit: number = maxLineBytes) {
    this.#limit = limit
  }

  /** Takes the next bytes and returns the lines that they complete, in order. */
  push(bytes: Uint8Array): SplitLine[] {
    const lines: SplitLine[] = []
    let from = 0
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      const fault = this.#take(bytes.subarray(from, at))
      if (fault) lines.push({ fault })
      const line = this.#end()
      if (line) lines.push(line)
      from = at + 1
    }
    const fault = this.#take(bytes.subarray(from))
    if (fault) lines.push({ fault })
    return lines
  }

  /** Forgets the unfinished line: a new session began. */
  reset(): void {
    this.#pieces = []
    this.#bytes = 0
    this.#skipping = false
  }

  #take(piece: Uint8Array): Fault | null {
    if (this.#skipping || piece.length === 0) return null
    this.#bytes += piece.length
    if (this.#bytes <= this.#limit) {
      this.#pieces.push(piece)
      return null
    }
    this.reset()
    this.#skipping = true
    return new Fault('too-large', `a line is longer than ${this.#limit} bytes; it was skipped, send smaller messages`)
  }

  #end(): SplitLine | null {
    const [first, ...rest] = this.#pieces
    const skipped = this.#skipping
    const length = this.#bytes
    this.reset()
    if (skipped || !first) return null
    return this.#decode(rest.length === 0 ? first : join([first, ...rest], length))
  }

  #decode(bytes: Uint8Array): SplitLine {
    try {
      return { line: this.#decoder.decode(bytes) }
    } catch (cause) {
      return { fault: new Fault('invalid-request', 'a line is not UTF-8; it was skipped', { cause }) }
    }
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
