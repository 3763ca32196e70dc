import { createHash } from 'node:crypto'

/** A source of numbers in 0..1 that depends on its seed alone. */
export type SeededRandom = () => number

/** Makes a source from text: the text's SHA-256 starts sfc32 (PractRand's small fast counter, 32 bits a draw). */
export function seededRandom(seed: string): SeededRandom {
  const hash = createHash('sha256').update(seed).digest()
  let a = hash.readUInt32LE(0)
  let b = hash.readUInt32LE(4)
  let c = hash.readUInt32LE(8)
  let counter = hash.readUInt32LE(12)
  return () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
}

/** Lower-case hex that depends on the text alone, as long as asked (up to 64). */
export function seededHex(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

/** A UUID that depends on the text alone; version 8, "custom" (RFC 9562). */
export function seededUuid(text: string): string {
  const hex = seededHex(text, 32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}
