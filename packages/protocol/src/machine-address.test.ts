import { expect, test } from 'vitest'
import { agentAddresses, reachableAddresses } from './machine-address.ts'

test('reachable addresses are those that others can use, each once, IPv4 first', () => {
  const all = ['127.0.0.1', '::1', '2001:db8::5', 'fe80::5', '10.77.0.20', '169.254.3.4', '192.0.2.9', '10.77.0.20']
  expect(reachableAddresses([...all, 'fd00::9', 'FEBF::1', '::1:0'])).toEqual([
    '10.77.0.20',
    '192.0.2.9',
    '2001:db8::5',
    'fd00::9',
    '::1:0',
  ])
})

test('there are none without a network, and never more than a report takes', () => {
  expect(reachableAddresses([])).toEqual([])
  const many = Array.from({ length: 300 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
  expect(reachableAddresses(many)).toHaveLength(32)
})

test('an agent tells those of all its interfaces', () => {
  const link = (name: string, ip_addresses?: string[]) => ({ name, bytes_received: 0, bytes_sent: 0, ip_addresses })
  const interfaces = [link('lo', ['127.0.0.1']), link('eth0', ['10.0.0.7']), link('old'), link('eth1', ['10.0.0.8'])]
  expect(agentAddresses({ system: { network: { interfaces } } })).toEqual(['10.0.0.7', '10.0.0.8'])
})
