import { Fault } from '@slipway/base'

/** agent.md: 8 MiB a line at most. */
export const maxLineBytes = 8 * 1024 * 1024

const newline = 0x0a
/** First size of the buffer for a line that came in parts; it doubles. */
const firstBytes = 512

/** One for all splitters: it keeps no state between lines, and there may be ten thousand splitters. */
const decoder = new TextDecoder('utf-8', { fatal: true })

/** One line, or why it was skipped (`too-large`, `invalid-request` for bytes that are not UTF-8). Empty lines are dropped. */
export type SplitLine = { readonly line: string } | { readonly fault: Fault }

/**
 * Cuts a byte stream into lines: many in one piece and one over many. A line over the limit is skipped to its end and told
 * once; what is kept of it is never more than the limit, however small the pieces are. Nothing of a pushed buffer is kept,
 * so the caller may use it again.
 */
export class LineSplitter {
  readonly #limit: number
  /** The unfinished line; null when there is none. */
  #kept: Uint8Array | null = null
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
      this.#finish(bytes.subarray(from, at), lines)
      from = at + 1
    }
    if (from < bytes.length && this.#fits(bytes.length - from, lines)) this.#keep(bytes.subarray(from))
    return lines
  }

  /** Forgets the unfinished line: a new session began. */
  reset(): void {
    this.#kept = null
    this.#bytes = 0
    this.#skipping = false
  }

  #finish(end: Uint8Array, lines: SplitLine[]): void {
    if (this.#fits(end.length, lines)) {
      if (this.#bytes > 0) this.#keep(end)
      const whole = this.#kept ? this.#kept.subarray(0, this.#bytes) : end
      if (whole.length > 0) lines.push(decode(whole))
    }
    this.reset()
  }

  /** Whether so many bytes more are still within the limit; tells once when they are not, and skips the rest of the line. */
  #fits(more: number, lines: SplitLine[]): boolean {
    if (this.#skipping) return false
    if (this.#bytes + more <= this.#limit) return true
    this.reset()
    this.#skipping = true
    const message = `a line is longer than ${this.#limit} bytes; it was skipped, send smaller messages`
    lines.push({ fault: new Fault('too-large', message) })
    return false
  }

  #keep(piece: Uint8Array): void {
    const needed = this.#bytes + piece.length
    if (!this.#kept || this.#kept.length < needed) {
      const larger = new Uint8Array(Math.max(needed, Math.min(this.#limit, (this.#kept?.length ?? firstBytes / 2) * 2)))
      if (this.#kept) larger.set(this.#kept.subarray(0, this.#bytes))
      this.#kept = larger
    }
    this.#kept.set(piece, this.#bytes)
    this.#bytes = needed
  }
}

function decode(bytes: Uint8Array): SplitLine {
  try {
    return { line: decoder.decode(bytes) }
  } catch (cause) {
    return { fault: new Fault('invalid-request', 'a line is not UTF-8; it was skipped', { cause }) }
  }
}
