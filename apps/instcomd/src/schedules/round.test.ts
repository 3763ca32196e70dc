import fc from 'fast-check'
import { expect, it } from 'vitest'
import { advanceRound, firstRelease, type RoundRules } from './round.ts'

type Status = 'held' | 'active' | 'done' | 'failed'

/** Plays a whole round; `fails` says which machines fail. Returns the greatest number at a time and how it ended. */
function play(fails: readonly boolean[], rules: RoundRules) {
  const states: Status[] = fails.map((_, index) => (index < firstRelease(fails.length, rules) ? 'active' : 'held'))
  const started = new Set<number>()
  let most = 0
  for (;;) {
    const active = states.flatMap((state, index) => (state === 'active' ? [index] : []))
    for (const index of active) started.add(index)
    most = Math.max(most, active.length)
    const [first] = active
    if (first === undefined) return { states, most, started }
    states[first] = fails[first] ? 'failed' : 'done'
    const count = (state: Status) => states.filter((one) => one === state).length
    const canaries = states.slice(0, rules.canary)
    const step = advanceRound(
      {
        held: count('held'),
        active: count('active'),
        failed: count('failed'),
        canariesOpen: canaries.filter((state) => state === 'held' || state === 'active').length,
        canariesNotSucceeded: canaries.filter((state) => state === 'failed').length,
      },
      rules,
    )
    if (step.cancelRest !== null) return { states, most, started, stopped: step }
    for (let released = 0; released < step.release; released += 1) states[states.indexOf('held')] = 'active'
  }
}

it('a round keeps its limits, lets canaries go first and alone, and reaches every machine unless it is stopped', () => {
  const rules = fc.record({
    canary: fc.integer({ min: 0, max: 4 }),
    maxParallel: fc.option(fc.integer({ min: 1, max: 5 })),
    stopAfterFailures: fc.option(fc.integer({ min: 1, max: 3 })),
    onFailure: fc.constantFrom('continue' as const, 'stop' as const),
  })
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), rules, (fails, rule) => {
      const { states, most, started, stopped } = play(fails, rule)
      expect(most).toBeLessThanOrEqual(rule.maxParallel ?? fails.length)
      const canariesFail = fails.slice(0, rule.canary).some(Boolean)
      if (canariesFail) expect([...started].every((index) => index < rule.canary)).toBe(true)
      if (!stopped) expect(states.every((state) => state === 'done' || state === 'failed')).toBe(true)
      if (stopped) expect(fails.some(Boolean)).toBe(true)
    }),
  )
})
