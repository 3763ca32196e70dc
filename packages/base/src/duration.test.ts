import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration, printDuration } from './duration.ts'

describe('durations', () => {
  it.each([
    ['300s', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['0s', 0],
    ['2d', 172_800_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([[''], ['5'], ['s'], ['5 s'], ['-5s'], ['1.5h'], ['1m1h'], ['1s1s'], ['5sx'], ['x5s']])(
    'refuses "%s" and says how to write one',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/is not a duration; write for example/)
    },
  )

  it('reads back whatever it prints', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), (ms) => parseDuration(printDuration(ms)) === ms))
  })
})
