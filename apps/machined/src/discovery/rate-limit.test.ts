import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerLimit } from './rate-limit.ts'

const at = (address: string, port: number) => ({ address, port })

describe('the limits of discovery answers', () => {
  it('give one asker one answer a second', () => {
    const limit = new AnswerLimit()
    expect(limit.admit(at('10.0.0.1', 1), 0)).toBe(true)
    expect(limit.admit(at('10.0.0.1', 1), 999)).toBe(false)
    expect(limit.admit(at('10.0.0.1', 1), 1000)).toBe(true)
  })

  it('give one address five a second over all its ports', () => {
    const limit = new AnswerLimit()
    const results = Array.from({ length: 7 }, (_, port) => limit.admit(at('10.0.0.1', port), port))
    expect(results).toEqual([true, true, true, true, true, false, false])
    expect(limit.admit(at('10.0.0.2', 0), 8)).toBe(true)
    expect(limit.admit(at('10.0.0.1', 9), 1000)).toBe(true)
  })

  it('never pass either bound or the cap in any second, whoever asks', () => {
    const ask = fc.record({
      address: fc.integer({ min: 0, max: 30 }),
      port: fc.integer({ min: 1, max: 4 }),
      wait: fc.integer({ min: 0, max: 120 }),
    })
    fc.assert(
      fc.property(fc.array(ask, { minLength: 1, maxLength: 200 }), (asks) => {
        const limit = new AnswerLimit()
        const given: { key: string; address: number; time: number }[] = []
        let now = 0
        for (const { address, port, wait } of asks) {
          now += wait
          if (!limit.admit(at(String(address), port), now)) continue
          given.push({ key: `${address} ${port}`, address, time: now })
          const recent = given.filter(({ time }) => now - time < 1000)
          expect(recent.length).toBeLessThanOrEqual(50)
          expect(recent.filter((other) => other.address === address).length).toBeLessThanOrEqual(5)
          expect(recent.filter((other) => other.key === `${address} ${port}`)).toHaveLength(1)
        }
      }),
    )
  })
})
