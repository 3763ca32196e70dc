import { describe, expect, it } from 'vitest'
import { backoffDelay, delay } from './backoff.ts'

const backoff = { firstMs: 100, capMs: 1000, tries: 5 }

describe('backoff', () => {
  it('doubles its ceiling up to the cap', () => {
    const ceilings = [1, 2, 3, 4, 5, 9].map((attempt) => backoffDelay(backoff, attempt, () => 0.999999))
    expect(ceilings).toEqual([99, 199, 399, 799, 999, 999])
  })

  it('jitters over the whole range', () => {
    expect(backoffDelay(backoff, 3, () => 0)).toBe(0)
    expect(backoffDelay(backoff, 3, () => 0.5)).toBe(200)
  })

  it('ends a wait as soon as its signal aborts, with the reason', async () => {
    const stop = new AbortController()
    const waiting = delay(60_000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(delay(60_000, stop.signal)).rejects.toThrow('enough')
  })
})
