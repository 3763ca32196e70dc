import type { NetworkInterface } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { selectorsOf } from './selectors-of.ts'

const card = (name: string, mac: string, bus_index: number): NetworkInterface => ({
  name,
  mac,
  bus_index,
  driver: null,
  link: 'up',
  speed_mbps: null,
  addresses: [],
  onboard: true,
})
const interfaces = [card('eth0', '52:54:00:00:00:01', 0), card('eth1', '52:54:00:00:00:02', 1)]

it.each([
  [{ name: 'net0', selector: 'mac:52:54:00:00:00:02' }, 'eth1', 2],
  [{ name: 'net1', selector: null }, 'eth1', 3],
  [{ name: 'lan', selector: 'name:eth0' }, 'eth0', 2],
  [{ name: 'lan', selector: 'mac:02:00:00:00:00:09' }, undefined, 3],
])('%j is the card %s, of %i choices', (config, expected, choices) => {
  const found = selectorsOf(config, { interfaces })
  expect(found.card?.name).toBe(expected)
  expect(found.options).toHaveLength(choices)
  expect(found.options.map(({ value }) => value)).toContain(config.selector ?? '')
})
