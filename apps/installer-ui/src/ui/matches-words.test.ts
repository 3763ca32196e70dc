import { expect, it } from 'vitest'
import { matchesWords } from './matches-words.ts'

it.each([
  ['', true],
  ['WEB', true],
  ['7 web', true],
  ['web eight', false],
  ['null', false],
  ['undefined', false],
])('%j among "Web", null, undefined and 7: %s', (search, expected) => {
  expect(matchesWords(search, ['Web', null, undefined, 7])).toBe(expected)
})
