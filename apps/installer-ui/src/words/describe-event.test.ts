import { eventTypes } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { describeEvent } from './describe-event.ts'

const rare = ['guests.metrics', 'scripts.output', 'vms.updated']

it.each(eventTypes.filter((type) => !rare.includes(type)))('%s is said in words', (type) => {
  expect(describeEvent({ type, data: {} }).text).not.toContain('.')
})

it.each([
  ['machines.claimed', { holder: 'ann' }, 'was claimed by ann', 'busy'],
  ['machines.updated', { conflict: 'two keys' }, 'has a conflict', 'warn'],
  ['machines.updated', { system_addresses: ['10.0.0.7', 'fd00::7'] }, 'is at 10.0.0.7, fd00::7', 'idle'],
  ['scripts.completed', { status: 'SUCCESS' }, 'ended a script', 'good'],
  ['scripts.completed', { status: 'TIMEOUT' }, 'ended a script: timeout', 'bad'],
  ['unheard.of', {}, 'unheard.of', 'idle'],
])('%s %j: %s', (type, data, text, tone) => {
  expect(describeEvent({ type, data })).toEqual({ text, tone })
})
