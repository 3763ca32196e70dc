/** agent.md: at most 64 KiB of text a piece. */
export const pieceLimit = 64 * 1024

/** Bytes at the end of `bytes` that begin a character whose rest is not there yet: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  const longest = Math.min(3, bytes.length)
  for (let back = 1; back <= longest; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0
  }
  return 0
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf8) return 1 // never legal: it is replaced at once
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}

// ignoreBOM: a byte order mark in a script's output is output.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** UTF-8 to text; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/**
 * Takes the next piece from the front of `bytes`: `length` of them, whose text is at most 64 KiB of UTF-8 and ends between two
 * characters. Null: there is not yet a whole character. `whole`: nothing will follow, so an unfinished character is replaced.
 */
export function cutPiece(bytes: Uint8Array, whole: boolean): { length: number; text: string } | null {
  let length = Math.min(bytes.length, pieceLimit)
  for (;;) {
    const last = whole && length === bytes.length
    if (!last) length -= unfinishedBytes(bytes.subarray(0, length))
    if (length === 0) return null
    const text = decodeUtf8(bytes.subarray(0, length))
    // A replaced byte takes three in UTF-8, so a third of the limit always fits.
    if (Buffer.byteLength(text) <= pieceLimit) return { length, text }
    length = Math.floor(length / 2)
  }
}

/** The text of the last bytes of a stream, at most 64 KiB of UTF-8, from the beginning of a character. */
export function tailText(bytes: Uint8Array): string {
  let start = Math.max(0, bytes.length - pieceLimit)
  if (start > 0) for (let skip = 0; skip < 3 && isContinuation(bytes[start]); skip += 1) start += 1
  const text = decodeUtf8(bytes.subarray(start))
  if (Buffer.byteLength(text) <= pieceLimit) return text
  return tailText(bytes.subarray(start + Math.floor((bytes.length - start) / 2)))
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
