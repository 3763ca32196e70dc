import { expect, it } from 'vitest'
import { appendOutput, readableLine } from './output-lines.ts'

const out = (data: string) => ({ stream: 'stdout' as const, data })
const err = (data: string) => ({ stream: 'stderr' as const, data })
const texts = (...pieces: Parameters<typeof appendOutput>[1][number][]) =>
  appendOutput([], pieces).map(({ stream, text }) => `${stream === 'stdout' ? '' : '! '}${text}`)

it.each([
  [[out('one\ntwo\n')], ['one', 'two']],
  [
    [out('on'), out('e\ntw'), out('o')],
    ['one', 'two'],
  ],
  [
    [out('a'), out('\n'), out('\n'), out('b')],
    ['a', '', 'b'],
  ],
  [
    [out('a\n'), err('oh\n'), out('b\n')],
    ['a', '! oh', 'b'],
  ],
  [
    [out('a'), err('oh'), out('b')],
    ['a', '! oh', 'b'],
  ],
])('%j is shown as %j', (pieces, expected) => {
  expect(texts(...pieces)).toEqual(expected)
})

it('gives every line a key of its own, and keeps the last lines only', () => {
  const many = appendOutput([], [out('x\n'.repeat(30_000))])
  expect(many).toHaveLength(20_000)
  expect(new Set(many.map(({ key }) => key)).size).toBe(20_000)
})

it.each([
  ['plain', 'plain'],
  ['with a return\r', 'with a return'],
  ['10 %\r50 %\r100 %', '100 %'],
  ['\u001B[1;31mred\u001B[0m line\u001B[K', 'red line'],
])('%j reads %j', (text, expected) => {
  expect(readableLine(text)).toBe(expected)
})
