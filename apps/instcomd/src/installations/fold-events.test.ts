import fc from 'fast-check'
import { installationStates, type MachineEvent } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { freshState, happyEvents, testPlan } from '../testing/test-installation.ts'
import { foldEvents } from './fold-events.ts'
import { planFacts, type RunState } from './run-state.ts'

const plan = testPlan('m')
const facts = planFacts(plan)
const fresh = freshState('i', 'm')
const events = happyEvents(plan)

/** Folds events in batches cut at the given places. */
function inBatches(all: readonly MachineEvent[], cuts: readonly number[]) {
  const bounds = [0, ...cuts.toSorted((a, b) => a - b), all.length]
  const seen: RunState[] = [fresh]
  let steps = 0
  for (const [index, start] of bounds.entries()) {
    const folded = foldEvents(seen.at(-1) ?? fresh, all.slice(start, bounds[index + 1] ?? all.length), facts)
    steps += folded.steps.length
    seen.push(folded.next)
  }
  return { seen, steps }
}

describe('folding machine events', () => {
  it('goes through the states of the plan’s steps', () => {
    const states = events.map((_, index) => foldEvents(fresh, events.slice(0, index + 1), facts).next.state)
    expect([...new Set(states)]).toEqual(['partitioning', 'pulling', 'rebooting'])
    const { next, ending, logs } = foldEvents(fresh, events, facts)
    expect(next).toMatchObject({ last_seq: events.length, bytes_done: 2000, percent: 99, step_id: 'reboot' })
    expect([ending?.outcome, logs.length]).toEqual(['rebooting', 4])
  })

  it('gives the same wherever the batches are cut, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(events.length), { maxLength: 8 }), (cuts) => {
        const { seen, steps } = inBatches(events, cuts)
        const last = seen.at(-1)
        expect(steps).toBe(2 * plan.steps.length)
        expect({ ...last, rate: null, eta_seconds: null }).toEqual({
          ...foldEvents(fresh, events, facts).next,
          rate: null,
          eta_seconds: null,
        })
        for (const [index, state] of seen.entries()) {
          const before = seen[index - 1] ?? fresh
          expect(state.percent).toBeGreaterThanOrEqual(before.percent)
          expect(state.percent).toBeLessThan(100)
          expect(installationStates.indexOf(state.state)).toBeGreaterThanOrEqual(
            installationStates.indexOf(before.state),
          )
        }
      }),
    )
  })

  it('does nothing for what was folded already, in any mixture', () => {
    fc.assert(
      fc.property(fc.nat(events.length), fc.array(fc.nat(events.length - 1)), (stored, replayed) => {
        const { next } = foldEvents(fresh, events.slice(0, stored), facts)
        const old = replayed.flatMap((index) => (index < stored ? [events[index] as MachineEvent] : [])) // index is in range
        const again = foldEvents(next, old, facts)
        expect([again.steps, again.logs, again.ending, again.next.last_seq]).toEqual([[], [], null, next.last_seq])
        expect(again.next.percent).toBe(next.percent)
      }),
    )
  })
})
