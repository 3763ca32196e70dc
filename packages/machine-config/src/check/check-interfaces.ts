import type { InterfaceConfig } from '@slipway/protocol'
import { parseInterfaceSelector } from '../interface-selector.ts'
import { shown } from '../words.ts'
import { checkAddresses } from './check-addresses.ts'
import type { ReportFinding } from './report-finding.ts'

/** Checks the interfaces of a config: names, selectors, numbers, and that no two are one card. */
export function checkInterfaces(interfaces: readonly InterfaceConfig[], report: ReportFinding): void {
  const names = new Set<string>()
  const cards = new Map<string, string>()
  for (const [index, one] of interfaces.entries()) {
    const pointer = `/sysconfig/interfaces/${index}`
    checkInterfaceName(one.name, `${pointer}/name`, report)
    if (names.has(one.name) && one.name !== '') {
      report({
        code: 'interface-name-twice',
        message: `There are two interfaces ${shown(one.name)}.`,
        cure: 'Give one of them another name, or put the addresses into one block.',
        pointer: `${pointer}/name`,
      })
    }
    names.add(one.name)
    checkSelector(one, pointer, cards, report)
    checkNumbers(one, pointer, report)
  }
  checkAddresses(interfaces, report)
}

/** IFNAMSIZ leaves 15 characters on Linux; dladm(8) allows 31 of letters, digits, _ and . */
function checkInterfaceName(name: string, pointer: string, report: ReportFinding): void {
  if (name === '' || /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/u.test(name)) return
  report({
    code: 'interface-name-illegal',
    message: `${shown(name)} is not a name for an interface.`,
    cure: 'Begin with a letter and go on with letters, digits, _ - and ., 15 at most, for example "net0".',
    pointer,
  })
}

function checkSelector(one: InterfaceConfig, pointer: string, cards: Map<string, string>, report: ReportFinding): void {
  if (one.selector === null) return
  const selector = parseInterfaceSelector(one.selector)
  if (!selector) {
    report({
      code: 'selector-illegal',
      message: `${shown(one.selector)} selects no interface.`,
      cure: 'Write selector="mac:00:0c:29:3e:4f:50" or selector="driver:virtio_net".',
      pointer: `${pointer}/selector`,
    })
    return
  }
  const key = `${selector.key}:${selector.value}/${one.vlan ?? ''}`
  const other = cards.get(key)
  if (other !== undefined) {
    report({
      code: 'interface-twice',
      message: `Interfaces ${shown(other)} and ${shown(one.name)} are one network card.`,
      cure: 'Put the addresses into one block, or give one a vlan id of its own.',
      pointer: `${pointer}/selector`,
    })
  }
  cards.set(key, one.name)
}

function checkNumbers(one: InterfaceConfig, pointer: string, report: ReportFinding): void {
  // RFC 791: every network carries 68 bytes; RFC 8200, 5: IPv6 needs 1280; 65535 is the largest packet.
  const needsSix = one.addresses.some(
    (address) => address.kind !== 'dhcp4' && !/^[\d./]*$/u.test(address.address ?? ':'),
  )
  const smallest = needsSix ? 1280 : 68
  if (one.mtu !== null && (one.mtu < smallest || one.mtu > 65_535)) {
    report({
      code: 'number-out-of-range',
      message: `An MTU of ${one.mtu} is out of range${needsSix && one.mtu >= 68 && one.mtu < 1280 ? ' for IPv6' : ''}.`,
      cure: `Write a number from ${smallest} to 65535: 1500 is usual, 9000 for jumbo frames.`,
      pointer: `${pointer}/mtu`,
    })
  }
  // IEEE 802.1Q: 0 and 4095 are reserved.
  if (one.vlan !== null && (one.vlan < 1 || one.vlan > 4094)) {
    report({
      code: 'number-out-of-range',
      message: `There is no VLAN ${one.vlan}.`,
      cure: 'Write a number from 1 to 4094.',
      pointer: `${pointer}/vlan`,
    })
  }
}
