import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter, type SplitLine } from './line-splitter.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const texts = (lines: readonly SplitLine[]) => lines.map((item) => ('line' in item ? item.line : item.fault.code))

test('lines come out the same however the stream is cut, and the pushed buffer may be used again', () => {
  const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\n', ''))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(40), { maxLength: 40 }), (lines, cuts) => {
      const stream = bytes(lines.map((text) => `${text}\n`).join(''))
      const splitter = new LineSplitter()
      const shared = new Uint8Array(64)
      const found: SplitLine[] = []
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const piece = stream.subarray(at, at + 1 + (cuts[turn % Math.max(1, cuts.length)] ?? 7))
        shared.set(piece)
        found.push(...splitter.push(shared.subarray(0, piece.length)))
        shared.fill(0x21)
        at += piece.length
      }
      // A byte order mark at the start of a line is dropped by TextDecoder, as everywhere on the web.
      expect(texts(found)).toEqual(lines.filter((text) => text !== '').map((text) => text.replace(/^\uFEFF/, '')))
    }),
  )
})

test('a line over the limit is told once and skipped, and the next one is taken', () => {
  const splitter = new LineSplitter(8)
  const found = ['1234', '5678', '9', 'abc', '\nok\n', '12345678\n', '123456789\nlast\n'].flatMap((text) =>
    splitter.push(bytes(text)),
  )
  expect(texts(found)).toEqual(['too-large', 'ok', '12345678', 'too-large', 'last'])
})

test('bytes that are no UTF-8 cost their line and no other', () => {
  const splitter = new LineSplitter()
  const found = splitter.push(Uint8Array.from([0x61, 0x0a, 0xc3, 0x28, 0x0a, 0x62, 0x0a]))
  expect(texts(found)).toEqual(['a', 'invalid-request', 'b'])
})

test('a reset forgets the unfinished line', () => {
  const splitter = new LineSplitter()
  splitter.push(bytes('half of'))
  splitter.reset()
  expect(texts(splitter.push(bytes('whole\n')))).toEqual(['whole'])
})
