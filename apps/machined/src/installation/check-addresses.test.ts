import { Fault } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { makeSmallHost, smallInventory } from '../testing/small-host.ts'
import { smallConfig } from '../testing/small-plan.ts'
import { checkAddresses } from './check-addresses.ts'
import { probeAddresses } from './probe-addresses.ts'

const mac = 'aa:bb:cc:dd:ee:ff'
const signal = AbortSignal.timeout(5000)

function configWith(address: string | null, changes: { selector?: string; vlan?: number; name?: string } = {}) {
  const config = smallConfig()
  const addresses = [{ name: 'primary', kind: address === null ? ('dhcp4' as const) : ('static' as const), address }]
  const { name = 'net0', selector = null, vlan = null } = changes
  const nic = { name, selector, addresses, gateways: [], mtu: null, vlan }
  return { ...config, sysconfig: { ...config.sysconfig, interfaces: [nic] } }
}

async function codes(
  config: ReturnType<typeof configWith>,
  neighbour: { mac: string; proxy_arp: boolean } | null = { mac, proxy_arp: false },
) {
  const host = makeSmallHost(smallInventory())
  host.neighbour = neighbour
  const findings = await checkAddresses({ host, config, interfaces: host.inventory.interfaces }, signal)
  return findings.map(({ severity, code }) => `${severity} ${code}`)
}

describe('the probe of addresses', () => {
  it.each([
    ['an address that somebody has', configWith('192.0.2.20/24'), ['error address-in-use']],
    [
      'one found by MAC',
      configWith('192.0.2.20/24', { selector: 'mac:02:00:00:00:00:01', name: 'lan0' }),
      ['error address-in-use'],
    ],
    ['its own address', configWith('192.0.2.10/24'), []],
    ['addresses from DHCP', configWith(null), []],
    ['a tagged network, which cannot be asked yet', configWith('192.0.2.20/24', { vlan: 5 }), []],
    ['a card that is not there', configWith('192.0.2.20/24', { name: 'net7' }), []],
  ])('finds for %s what is so', async (_name, config, expected) => {
    expect(await codes(config)).toEqual(expected)
  })

  it('finds nothing where nobody answers, and warns of a router that answers for all', async () => {
    expect(await codes(configWith('192.0.2.20/24'), null)).toEqual([])
    expect(await codes(configWith('192.0.2.20/24'), { mac, proxy_arp: true })).toEqual(['warning address-proxied'])
  })

  it('leaves its own cards out, which answer on another one’s link', async () => {
    expect(await codes(configWith('192.0.2.20/24'), { mac: '02:00:00:00:00:01', proxy_arp: false })).toEqual([])
  })

  it('goes on with the next address where the tool fails for one, as arping does on a link that is down', async () => {
    const host = makeSmallHost(smallInventory())
    host.probeAddress = ({ address }) =>
      address === '192.0.2.20'
        ? Promise.reject(new Fault('command-failed', 'arping: Interface "enp1s0" is down'))
        : Promise.resolve({ mac, proxy_arp: false })
    const config = configWith('192.0.2.20/24')
    config.sysconfig.interfaces[0]?.addresses.push({ name: 'second', kind: 'static', address: '192.0.2.21/24' })
    const findings = await checkAddresses({ host, config, interfaces: host.inventory.interfaces }, signal)
    expect(findings.map(({ code }) => code)).toEqual(['address-not-probed', 'address-in-use'])
  })

  it('asks for sixteen addresses at most, and says so of the rest', async () => {
    const host = makeSmallHost(smallInventory())
    const asked: string[] = []
    host.probeAddress = ({ address }) => (asked.push(address), Promise.resolve(null))
    const config = configWith('192.0.2.20/24')
    for (let n = 21; n < 40; n += 1)
      config.sysconfig.interfaces[0]?.addresses.push({ name: `a${n}`, kind: 'static', address: `192.0.2.${n}/24` })
    const probes = await probeAddresses({ host, config, interfaces: host.inventory.interfaces }, signal)
    expect(asked).toHaveLength(16)
    expect(probes.filter((probe) => probe.not_probed !== null)).toHaveLength(4)
  })

  it('says so where the machine cannot probe', async () => {
    const host = makeSmallHost(smallInventory())
    host.probeAddress = () => Promise.reject(new Fault('unsupported', 'no raw sockets here'))
    const input = { host, config: configWith('192.0.2.20/24'), interfaces: host.inventory.interfaces }
    expect(await checkAddresses(input, signal)).toMatchObject([{ severity: 'info', code: 'address-not-probed' }])
  })
})
