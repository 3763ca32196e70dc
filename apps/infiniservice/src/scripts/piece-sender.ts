import { appendFileSync, closeSync, openSync, readSync, statSync } from 'node:fs'
import type { OutputSpool } from './output-spool.ts'
import { cutPiece, pieceLimit } from './utf8-piece.ts'

// Pieces on their way: enough to fill a link whose answers take some milliseconds, little enough to hold for 64 runs.
const windowPieces = 16
/** Raw bytes read to cut one piece: one more character than fits, so that a cut falls between characters. */
const readBytes = pieceLimit + 4

/**
 * Cuts a spool into numbered pieces and hands them out again from the first unacknowledged one after a break.
 * The pieces' lengths are kept in `NAME.pieces` (u32 little endian each): the same number always means the same bytes, also
 * after a restart of the agent. A piece is as large as what was written since the last: nothing waits for more.
 */
export class PieceSender {
  readonly #spool: OutputSpool
  readonly #index: string
  #cut: number
  #acked = { seq: 0, offset: 0 }
  #sent = { seq: 0, offset: 0 }

  constructor(spool: OutputSpool) {
    this.#spool = spool
    this.#index = `${spool.path}.pieces`
    this.#cut = Math.floor((statSync(this.#index, { throwIfNoEntry: false })?.size ?? 0) / 4)
  }

  /** Everything that is on disk was handed out. */
  get allSent(): boolean {
    return this.#sent.offset >= this.#spool.kept
  }
  get allAcked(): boolean {
    return this.#acked.offset >= this.#spool.kept
  }
  /** An acknowledgement is awaited. */
  get outstanding(): boolean {
    return this.#sent.seq > this.#acked.seq
  }

  /** Sends what the window allows; false when the link took no more. */
  pump(send: (seq: number, text: string) => boolean): boolean {
    while (this.#sent.seq - this.#acked.seq < windowPieces) {
      const piece = this.#next()
      if (!piece) return true
      const seq = this.#sent.seq + 1
      if (seq > this.#cut) this.#remember(piece.length)
      if (!send(seq, piece.text)) return false
      this.#sent = { seq, offset: this.#sent.offset + piece.length }
    }
    return true
  }

  /** The host has stored everything up to `seq`; true when that is news. */
  ack(seq: number): boolean {
    const upTo = Math.min(seq, this.#cut)
    if (upTo <= this.#acked.seq) return false
    let { offset } = this.#acked
    for (let each = this.#acked.seq + 1; each <= upTo; each += 1) offset += this.#lengthOf(each)
    this.#acked = { seq: upTo, offset }
    // After a restart the host may know more than was sent again.
    if (upTo > this.#sent.seq) this.#sent = this.#acked
    return true
  }

  /** A new session: again from the first piece that is not acknowledged. */
  rewind(): void {
    this.#sent = this.#acked
  }

  #next(): { length: number; text: string } | null {
    const { seq, offset } = this.#sent
    if (seq < this.#cut) return cutPiece(this.#spool.read(offset, this.#lengthOf(seq + 1)), true)
    const bytes = this.#spool.read(offset, readBytes)
    const whole = this.#spool.ended && offset + bytes.length >= this.#spool.kept
    return bytes.length === 0 ? null : cutPiece(bytes, whole)
  }

  #remember(length: number): void {
    const entry = Buffer.alloc(4)
    entry.writeUInt32LE(length)
    appendFileSync(this.#index, entry, { mode: 0o600 })
    this.#cut += 1
  }

  #lengthOf(seq: number): number {
    const entry = Buffer.alloc(4)
    const fd = openSync(this.#index, 'r')
    try {
      readSync(fd, entry, 0, 4, (seq - 1) * 4)
    } finally {
      closeSync(fd)
    }
    return entry.readUInt32LE()
  }
}
