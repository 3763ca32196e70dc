import type { Machine } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { whyNotInstall } from './why-not-install.ts'

const machine: Machine = {
  machine_id: 'm01',
  kind: 'physical',
  hostname: 'm01',
  address: '192.0.2.1',
  system_addresses: [],
  port: 9443,
  status: 'available',
  specs: null,
  capabilities: [],
  enrolment: 'enrolled',
  conflict: null,
  claim: null,
  installation_id: null,
  boot_id: null,
  version: null,
  first_seen: '2026-01-01T00:00:00Z',
  last_seen: null,
}
const claim = { holder: 'ann', claimed_at: '2026-01-01T00:00:00Z', expires_at: null, fence: 1 }

it.each<[string, Partial<Machine>, boolean, RegExp | null]>([
  ['one that waits', {}, false, null],
  ['one that was installed and answers', { status: 'installed' }, false, null],
  ['one that this browser claimed', { status: 'claimed', claim }, true, null],
  ['one that somebody else claimed', { status: 'claimed', claim }, false, /claimed by ann/],
  ['one that is being installed', { status: 'installing', claim }, true, /runs on it/],
  ['one that is silent', { status: 'offline' }, false, /does not answer/],
  ['one entered by hand without an address', { address: null }, false, /live medium/],
  ['one whose id two have', { enrolment: 'conflict' }, false, /another machine/],
])('%s', (_, facts, holdsClaim, expected) => {
  const why = whyNotInstall({ ...machine, ...facts }, holdsClaim)
  if (expected === null) expect(why).toBeNull()
  else expect(why).toMatch(expected)
})
