import type { Plan } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makePlan } from './make-plan.ts'
import { planProgress } from './plan-progress.ts'
import type { StepRecord } from './step-record.ts'
import { blankDisk, rootPool, sampleConfig, sampleInput, sampleInventory } from './testing/sample-input.ts'
import { undoOrder } from './undo-order.ts'

function samplePlan(): Plan {
  const config = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
  const plan = makePlan(sampleInput(config, sampleInventory([blankDisk('vda'), blankDisk('vdb')])))
  if (!plan.ok) throw new Error('the sample has a plan')
  return plan.value
}

describe('the progress of a plan', () => {
  const plan = samplePlan()

  it('starts at nothing, counts bytes inside a layer, and is 100 only when completed', () => {
    expect(planProgress(plan, {})).toMatchObject({ percent: 0, bytes_done: 0, bytes_total: 20e6, eta_seconds: null })
    const half = planProgress(plan, { 'pull-layer:0': { outcome: 'running', bytes_done: 5e6 } })
    expect(half).toMatchObject({ bytes_done: 5e6, step: 'pull-layer:0' })
    const all = Object.fromEntries(plan.steps.map((step) => [step.id, { outcome: 'done' as const }]))
    expect(planProgress(plan, all).percent).toBe(99)
    expect(planProgress(plan, all, { completed: true })).toMatchObject({ percent: 100, eta_seconds: 0 })
  })

  it('never falls, whatever is done again or taken back', () => {
    const record: fc.Arbitrary<StepRecord> = fc.record({
      outcome: fc.constantFrom('running', 'done', 'failed', 'undone'),
      bytes_done: fc.integer({ min: 0, max: 20e6 }),
    })
    const change = fc.tuple(fc.constantFrom(...plan.steps.map((step) => step.id)), record)
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        let records: Record<string, StepRecord> = {}
        let before = 0
        for (const [id, next] of changes) {
          records = { ...records, [id]: next }
          const { percent, bytes_done, bytes_total } = planProgress(plan, records, { completed: false, before })
          expect(percent).toBeGreaterThanOrEqual(before)
          expect(percent).toBeLessThan(100)
          expect(bytes_done).toBeLessThanOrEqual(bytes_total)
          before = percent
        }
      }),
    )
  })

  it('takes the pace so far for the time that is left', () => {
    const done = { 'partition-disk:vda': { outcome: 'done' as const } }
    const asEstimated = planProgress(plan, done).eta_seconds ?? 0
    const slow = planProgress(plan, done, { completed: false, elapsedSeconds: 4 }).eta_seconds
    expect(slow).toBe(2 * asEstimated) // the step was estimated at two seconds
  })
})

describe('the order of taking back', () => {
  it('is the reverse of what was begun, without what has no inverse or was taken back already', () => {
    const plan = samplePlan()
    const steps = undoOrder(plan, {
      'partition-disk:vda': { outcome: 'done' },
      'partition-disk:vdb': { outcome: 'undone' },
      'create-pool:rpool': { outcome: 'running' },
      'apply-sysconfig': { outcome: 'done' },
      reboot: { outcome: 'done' },
    })
    expect(steps.map((step) => step.id)).toEqual(['create-pool:rpool', 'partition-disk:vda'])
  })
})
