import type { Installation, InstallationState } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { phasesOf } from './phases.ts'

const signs = { done: '=', now: '>', stopped: '!', 'to-come': '.' }

function show(status: InstallationState, phase: InstallationState): string {
  const progress = { phase } as Installation['progress'] // nothing else of it is looked at
  return phasesOf({ status, progress })
    .map(({ state }) => signs[state])
    .join('')
}

it.each([
  ['queued', 'queued', '>.......'],
  ['pulling', 'pulling', '===>....'],
  ['confirming', 'confirming', '=======>'],
  ['completed', 'confirming', '========'],
  ['failed', 'pulling', '===!....'],
  ['cancelled', 'queued', '!.......'],
] as const)('%s in %s: %s', (status, phase, expected) => {
  expect(show(status, phase)).toBe(expected)
})
