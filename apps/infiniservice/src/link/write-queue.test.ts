import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { maxQueuedBytes } from './agent-link.ts'
import { WriteQueue } from './write-queue.ts'

function device(take: (offered: number) => number) {
  const written: number[] = []
  const state = { written, drains: 0, failures: [] as unknown[] }
  const queue = new WriteQueue({
    tryWrite(bytes) {
      const count = Math.min(bytes.length, take(bytes.length))
      written.push(...bytes.subarray(0, count))
      return count
    },
    onDrain: () => (state.drains += 1),
    onFailed: (error) => state.failures.push(error),
  })
  return { queue, state }
}

describe('the queue before a device', () => {
  it('writes everything, in order, however little is taken at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 10 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 10 }),
        async (pieces, takes) => {
          let call = 0
          const { queue, state } = device(() => takes[(call += 1) % (takes.length + 1)] ?? 100)
          const outcomes = pieces.map((piece) => queue.write(piece))
          await vi.waitFor(() => expect(queue.bytes).toBe(0), { interval: 1 })
          expect(state.written).toEqual(pieces.flatMap((piece) => [...piece]))
          expect(state.drains).toBe(outcomes.includes('queued') ? 1 : 0)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('refuses what is over its bound, and takes one large message when it is empty', () => {
    const { queue } = device(() => 0)
    expect(queue.write(new Uint8Array(maxQueuedBytes + 1))).toBe('queued')
    expect(queue.write(new Uint8Array(1))).toBe('refused')
    queue.clear()
    expect(queue.bytes).toBe(0)
  })

  it('tells of a lost device later, not from inside the write', async () => {
    const { queue, state } = device(() => {
      throw new Error('ENODEV')
    })
    expect(queue.write(new Uint8Array(1))).toBe('queued')
    expect(state.failures).toEqual([])
    await vi.waitFor(() => expect(state.failures).toHaveLength(1))
    queue.clear()
  })
})
