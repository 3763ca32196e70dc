import { expect, it } from 'vitest'
import { lastLine } from './last-line.ts'

it.each([
  ['', ''],
  ['one', 'one'],
  ['one\ntwo\n\n', 'two'],
  ['a\r\nb\r\n', 'b'],
])('of %j it is %j', (text, expected) => {
  expect(lastLine(text)).toBe(expected)
})
