import type { Machine } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { matchesMachine } from './matches-machine.ts'

const machine: Machine = {
  machine_id: '4c4c4544-0001',
  kind: 'physical',
  hostname: 'Web-1.lab',
  address: '10.0.0.7',
  system_addresses: ['198.51.100.4'],
  port: 8443,
  status: 'claimed',
  specs: null,
  capabilities: ['zfs'],
  enrolment: 'enrolled',
  conflict: null,
  claim: { holder: 'ann', claimed_at: '', expires_at: null, fence: 1 },
  installation_id: null,
  boot_id: null,
  version: null,
  first_seen: '',
  last_seen: null,
}

it.each([
  ['', undefined, true],
  ['web', undefined, true],
  ['10.0.0.7 ann', undefined, true],
  ['198.51.100', undefined, true],
  ['4c4c zfs physical', 'claimed', true],
  ['web ben', undefined, false],
  ['', 'offline', false],
])('«%s» with status %s finds it: %s', (q, status, found) => {
  expect(matchesMachine(machine, { q, status })).toBe(found)
})
