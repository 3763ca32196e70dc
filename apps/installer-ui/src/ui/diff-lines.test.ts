import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { diffLines } from './diff-lines.ts'

const show = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`)

it.each([
  ['a\nb\nc', 'a\nc', [' a', '-b', ' c']],
  ['a\nc', 'a\nb\nc', [' a', '+b', ' c']],
  ['a\nb', 'a\nx', [' a', '-b', '+x']],
  ['a', 'a', [' a']],
])('%j to %j', (before, after, expected) => {
  expect(show(before, after)).toEqual(expected)
})

it('gives both texts back, whatever they are', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      const of = (left: string) =>
        lines
          .filter(({ kind }) => kind !== left)
          .map((line) => line.text)
          .join('\n')
      expect([of('added'), of('removed')]).toEqual([before, after])
    }),
  )
})
