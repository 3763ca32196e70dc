import { installationStates, isTerminal } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type InstallationInput,
  type InstallationStatus,
  nextInstallation,
  queuedInstallation,
} from './installation-machine.ts'
import { planPhases } from './plan-phases.ts'

function run(...inputs: InstallationInput[]): { status: InstallationStatus; effects: string[] } {
  const effects: string[] = []
  let status = queuedInstallation
  for (const input of inputs) {
    const next = nextInstallation(status, input)
    status = next.status
    effects.push(...next.effects)
  }
  return { status, effects }
}

const started: InstallationInput = { type: 'started' }
const step = (kind: keyof typeof planPhases): InstallationInput => ({ type: 'step-started', kind })
const rebooting: InstallationInput = { type: 'ended', outcome: 'rebooting', reports: true }

describe('an installation', () => {
  it.each<[string, InstallationInput[], Partial<InstallationStatus>, string[]]>([
    [
      'is confirmed by the report',
      [started, step('reboot'), rebooting, { type: 'booted', expected: true }],
      { state: 'completed', confirmed: true },
      ['start-on-machine', 'wait-for-report', 'tell-end'],
    ],
    [
      'is confirmed by a report that overtakes the machine',
      [started, step('export-pool'), { type: 'booted', expected: true }, rebooting],
      { state: 'completed', confirmed: true },
      ['start-on-machine', 'tell-end', 'refuse'],
    ],
    [
      'completes unconfirmed where no report can come',
      [started, { type: 'ended', outcome: 'installed', reports: false }],
      { state: 'completed', confirmed: false },
      ['start-on-machine', 'tell-end'],
    ],
    [
      'is rolled back when the old boot environment reports',
      [started, rebooting, { type: 'booted', expected: false }],
      { state: 'rolled-back', confirmed: false },
      ['start-on-machine', 'wait-for-report', 'tell-end'],
    ],
    [
      'fails without a report',
      [started, rebooting, { type: 'commit-timeout', returns: false }],
      { state: 'failed' },
      ['start-on-machine', 'wait-for-report', 'tell-end'],
    ],
    [
      'rolls back without a report after one trial boot',
      [started, rebooting, { type: 'commit-timeout', returns: true }],
      { state: 'rolled-back' },
      ['start-on-machine', 'wait-for-report', 'tell-end'],
    ],
    [
      'fails when the installer is back',
      [started, rebooting, { type: 'installer-again' }],
      { state: 'failed' },
      ['start-on-machine', 'wait-for-report', 'tell-end'],
    ],
    ['is cancelled at once while queued', [{ type: 'cancel' }], { state: 'cancelled' }, ['tell-end']],
    [
      'is cancelled by the machine while running',
      [started, step('pull-layer'), { type: 'cancel' }, { type: 'ended', outcome: 'cancelled', reports: false }],
      { state: 'cancelled', phase: 'pulling' },
      ['start-on-machine', 'cancel-on-machine', 'tell-end'],
    ],
    [
      'cannot be cancelled after the reboot',
      [started, rebooting, { type: 'cancel' }],
      { state: 'confirming' },
      ['start-on-machine', 'wait-for-report', 'refuse'],
    ],
    [
      'goes on where it was after a resume',
      [started, step('pull-layer'), { type: 'resume' }, step('mount-target')],
      { state: 'pulling' },
      ['start-on-machine', 'start-on-machine'],
    ],
  ])('%s', (_name, inputs, status, effects) => {
    const end = run(...inputs)
    expect(end.status).toMatchObject(status)
    expect(end.effects).toEqual(effects)
  })

  const kinds = Object.keys(planPhases) as (keyof typeof planPhases)[] // the keys of the table are the kinds
  const anyInput: fc.Arbitrary<InstallationInput> = fc.oneof(
    fc.constantFrom<InstallationInput[]>(
      started,
      { type: 'installer-again' },
      { type: 'given-up' },
      { type: 'cancel' },
      { type: 'rollback' },
      { type: 'resume' },
    ),
    fc.constantFrom(...kinds).map(step),
    fc.record({
      type: fc.constant('ended' as const),
      outcome: fc.constantFrom(
        'rebooting' as const,
        'installed' as const,
        'failed' as const,
        'cancelled' as const,
        'rolled-back' as const,
      ),
      reports: fc.boolean(),
    }),
    fc.record({ type: fc.constant('booted' as const), expected: fc.boolean() }),
    fc.record({ type: fc.constant('commit-timeout' as const), returns: fc.boolean() }),
  )

  it('never leaves a terminal state, tells its end once, and never goes back', () => {
    const ends = new Map<string, number>()
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyInput, { maxLength: 25 }), (isQueued, random) => {
        const inputs = isQueued ? random : [started, ...random.filter(({ type }) => type !== 'given-up')]
        let status = queuedInstallation
        let told = 0
        for (const input of inputs) {
          const next = nextInstallation(status, input)
          if (isTerminal(status.state)) expect(next).toEqual({ status, effects: ['refuse'] })
          else if (!isTerminal(next.status.state))
            expect(installationStates.indexOf(next.status.state)).toBeGreaterThanOrEqual(
              installationStates.indexOf(status.state),
            )
          if (next.effects.includes('refuse')) expect(next.status).toEqual(status)
          told += next.effects.filter((effect) => effect === 'tell-end').length
          status = next.status
        }
        expect(told).toBe(isTerminal(status.state) ? 1 : 0)
        expect(isTerminal(status.phase)).toBe(false)
        ends.set(status.state, (ends.get(status.state) ?? 0) + 1)
      }),
      { numRuns: 500 },
    )
    console.log(
      `random installations by last state: ${[...ends].map(([state, count]) => `${count} × ${state}`).join(', ')}`,
    )
  })
})
