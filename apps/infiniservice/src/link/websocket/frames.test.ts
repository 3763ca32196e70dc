import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeFrameCodec } from './frames.ts'

/** A frame as a server sends it. */
function serverFrame(code: number, payload: Uint8Array, fin = true): Buffer {
  const size = payload.length
  const head =
    size < 126
      ? Buffer.from([0, size])
      : size < 65_536
        ? Buffer.from([0, 126, size >> 8, size & 255])
        : Buffer.concat([Buffer.from([0, 127, 0, 0, 0, 0]), Buffer.from([size >>> 24, size >> 16, size >> 8, size])])
  head[0] = (fin ? 0x80 : 0) | code
  return Buffer.concat([head, payload])
}

const text = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString()

describe('WebSocket frames', () => {
  it('mean the same however they are cut', () => {
    const messages = ['a', 'b'.repeat(200), 'c'.repeat(70_000)]
    const stream = Buffer.concat(messages.map((message) => serverFrame(1, Buffer.from(message))))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 20 }), (sizes) => {
        const codec = makeFrameCodec(() => {})
        const pieces: Uint8Array[] = []
        let at = 0
        for (const size of [...sizes, stream.length]) {
          pieces.push(...codec.decode(stream.subarray(at, at + size)))
          at = Math.min(stream.length, at + size)
        }
        expect(text(pieces)).toBe(`${messages.join('\n')}\n`)
      }),
      { numRuns: 30 },
    )
  })

  it('are handed on before they are whole, so that none is too large', () => {
    const codec = makeFrameCodec(() => {})
    const frame = serverFrame(1, Buffer.alloc(100_000, 0x61))
    expect(text(codec.decode(frame.subarray(0, 60_000)))).toBe('a'.repeat(60_000 - 10))
  })

  it('may have a ping between fragments', () => {
    const answers: Buffer[] = []
    const codec = makeFrameCodec((frame) => answers.push(frame))
    const stream = [
      serverFrame(1, Buffer.from('x'), false),
      serverFrame(9, Buffer.from('p')),
      serverFrame(0, Buffer.from('y')),
    ]
    expect(text(codec.decode(Buffer.concat(stream)))).toBe('xy\n')
    expect(answers).toHaveLength(1)
  })

  it.each([
    ['a masked frame', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0])],
    ['a reserved bit', Buffer.from([0xc1, 0x00])],
    ['an unknown opcode', Buffer.from([0x83 | 0x08, 0x00])],
    ['a large control frame', serverFrame(9, Buffer.alloc(126))],
    ['a close', serverFrame(8, Buffer.from([0x03, 0xe9]))],
  ])('end the connection with %s', (_name, bytes) => {
    expect(() => makeFrameCodec(() => {}).decode(bytes)).toThrow(/WebSocket|closed/)
  })

  it('never hang or grow, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        try {
          makeFrameCodec(() => {}).decode(bytes)
        } catch (error) {
          expect(error).toHaveProperty('code')
        }
      }),
    )
  })
})
