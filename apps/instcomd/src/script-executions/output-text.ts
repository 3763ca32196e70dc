/** scripts.md and agent.md: rows show the last 64 KiB; pieces hold no more either. */
const mostBytes = 64 * 1024

/** PostgreSQL's text has no NUL and no half of a surrogate pair: both become U+FFFD. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

/** The end of a text, at most 64 KiB of UTF-8, cut between characters. */
export function keptTail(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= mostBytes) return text
  let from = bytes.length - mostBytes
  while (isContinuation(bytes[from])) from += 1
  return bytes.toString('utf8', from)
}

/** Cuts a text into pieces of at most 64 KiB of UTF-8, between characters. */
export function splitPieces(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8')
  const pieces: string[] = []
  for (let from = 0; from < bytes.length;) {
    let to = Math.min(from + mostBytes, bytes.length)
    while (to < bytes.length && isContinuation(bytes[to])) to -= 1
    pieces.push(bytes.toString('utf8', from, to))
    from = to
  }
  return pieces
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
