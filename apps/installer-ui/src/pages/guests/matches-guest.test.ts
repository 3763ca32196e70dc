import type { Guest } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { matchesGuest } from './matches-guest.ts'

const guest: Guest = {
  machine_id: 'vm-7',
  name: 'db-01',
  state: 'connected',
  problem: null,
  link: 'virtio-serial',
  agent_version: '0.1.0',
  protocol: 2,
  platform: 'linux',
  arch: 'x64',
  boot_id: null,
  capabilities: [],
  tags: ['prod', 'db'],
  signed: true,
  connected_since: null,
  last_contact: null,
  metrics: null,
}

it.each([
  ['', undefined, true],
  ['DB-01 prod', undefined, true],
  ['vm-7', 'connected', true],
  ['vm-7', 'disconnected', false],
  ['web', undefined, false],
])('%j in state %s: %s', (q, state, expected) => {
  expect(matchesGuest(guest, { q, state })).toBe(expected)
})
