import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutPiece, pieceLimit, tailText, unfinishedBytes } from './utf8-piece.ts'

/** Cuts everything, reading so much at a time as a sender does. */
function cutAll(bytes: Buffer, read: number): string[] {
  const pieces: string[] = []
  let offset = 0
  while (offset < bytes.length) {
    const part = bytes.subarray(offset, offset + read)
    const piece = cutPiece(part, offset + part.length === bytes.length)
    if (!piece) throw new Error('no progress')
    pieces.push(piece.text)
    offset += piece.length
  }
  return pieces
}

describe('pieces', () => {
  test('of any text, put together, are the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 4, max: 50 }), (text, read) => {
        const clean = text.toWellFormed()
        expect(cutAll(Buffer.from(clean), read).join('')).toBe(clean)
      }),
    )
  })

  test('of any bytes say the same as the bytes in one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 4, max: 50 }), (array, read) => {
        const bytes = Buffer.from(array)
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
        // How many replacements stand for a broken sequence may differ where it is cut; what is legal may not.
        const legal = (text: string) => text.replaceAll('\uFFFD', '')
        expect(legal(cutAll(bytes, read).join(''))).toBe(legal(whole))
      }),
    )
  })

  test('are at most 64 KiB as they are sent, also when every byte is replaced', () => {
    for (const fill of [0x41, 0xff, 0xe2, 0xf0]) {
      const pieces = cutAll(Buffer.alloc(300_000, fill), pieceLimit + 4)
      expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(pieceLimit)
      expect(pieces.join('')).toHaveLength(300_000)
    }
  })

  test('wait for the rest of a character unless nothing follows', () => {
    const euro = Buffer.from('€')
    expect(cutPiece(euro.subarray(0, 2), false)).toBeNull()
    expect(cutPiece(euro.subarray(0, 2), true)).toEqual({ length: 2, text: '\uFFFD' })
    expect(cutPiece(Buffer.concat([Buffer.from('a'), euro.subarray(0, 1)]), false)).toEqual({ length: 1, text: 'a' })
  })

  test.each([
    ['', 0],
    ['61', 0],
    ['c3', 1],
    ['c3a9', 0],
    ['e282', 2],
    ['f09f98', 3],
    ['f09f9880', 0],
    ['80', 0],
    ['ff', 0],
    ['808080', 0],
  ])('%j ends with %i bytes of an unfinished character', (hex, expected) => {
    expect(unfinishedBytes(Buffer.from(hex, 'hex'))).toBe(expected)
  })
})

describe('the tail', () => {
  test('begins with a character and is at most 64 KiB', () => {
    const text = '€'.repeat(30_000)
    const tail = tailText(Buffer.from(text))
    expect(tail).toBe('€'.repeat(Math.floor(pieceLimit / 3)))
    expect(Buffer.byteLength(tailText(Buffer.alloc(200_000, 0xff)))).toBeLessThanOrEqual(pieceLimit)
    expect(tailText(Buffer.from('short'))).toBe('short')
  })
})
