import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { reachableAddresses } from './reachable-addresses.ts'

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, internal, mac: '02:00:00:00:00:01', cidr: null, netmask: '' }
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' }
}

test('are those of all interfaces that others can use, each once, IPv4 first', () => {
  const interfaces = {
    lo: [info('127.0.0.1', true), info('::1', true)],
    enp1s0: [info('2001:db8::5'), info('fe80::5'), info('10.77.0.20')],
    enp2s0: [info('169.254.3.4'), info('192.0.2.9'), info('10.77.0.20'), info('fd00::9'), info('FEBF::1')],
  }
  expect(reachableAddresses(interfaces)).toEqual(['10.77.0.20', '192.0.2.9', '2001:db8::5', 'fd00::9'])
})

test('are none without a network, and never more than a report takes', () => {
  expect(reachableAddresses({})).toEqual([])
  const many = Array.from({ length: 300 }, (_, index) => info(`10.0.${index >> 8}.${index & 255}`))
  expect(reachableAddresses({ enp1s0: many })).toHaveLength(32)
})
