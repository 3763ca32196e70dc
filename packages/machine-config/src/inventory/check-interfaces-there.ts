import type { InterfaceConfig, NetworkInterface } from '@slipway/protocol'
import { parseInterfaceSelector } from '../interface-selector.ts'
import { shown } from '../words.ts'
import type { MachineCheck } from './machine-check.ts'

/** Finds the card of every interface and checks that no two interfaces are one. */
export function checkInterfacesThere(check: MachineCheck): void {
  const used = new Map<string, string>()
  for (const [index, one] of check.config.sysconfig.interfaces.entries()) {
    const pointer = `/sysconfig/interfaces/${index}`
    const card = findCard(check, one, pointer)
    if (!card) continue
    check.interfaces.set(pointer, card)
    checkShared(check, { one, card, pointer }, used)
    if (card.link === 'down') {
      check.report({
        code: 'interface-link-down',
        severity: 'warning',
        message: `Interface ${shown(one.name)} (${card.name}, ${card.mac}) has no link.`,
        cure: `Plug the cable in, or choose another: ${describeCards(check.inventory.interfaces)}.`,
        pointer: `${pointer}/name`,
      })
    }
  }
}

function findCard(check: MachineCheck, one: InterfaceConfig, pointer: string): NetworkInterface | undefined {
  const { interfaces } = check.inventory
  if (one.selector !== null) return findSelected(check, one.selector, `${pointer}/selector`)
  const named = interfaces.find((card) => card.name === one.name)
  if (named) return named
  const position = /^net(\d{1,4})$/u.exec(one.name)?.[1]
  const card = position === undefined ? undefined : interfaces.find(({ bus_index: at }) => at === Number(position))
  if (card) {
    check.report({
      code: 'interface-by-position',
      severity: 'info',
      message: `${shown(one.name)} is read as network card ${position} in bus order: ${card.name}, MAC ${card.mac}.`,
      cure: `To fix it to that card, write: interface "${one.name}" selector="mac:${card.mac}"`,
      pointer: `${pointer}/name`,
    })
  } else reportNotFound(check, one.name, `${pointer}/name`)
  return card
}

function findSelected(check: MachineCheck, text: string, pointer: string): NetworkInterface | undefined {
  const selector = parseInterfaceSelector(text)
  if (!selector) return undefined
  const { interfaces } = check.inventory
  const found = interfaces.filter((card) =>
    selector.key === 'mac' ? card.mac === selector.value : card.driver === selector.value,
  )
  if (found.length > 1) {
    check.report({
      code: 'interface-ambiguous',
      message: `${shown(text)} fits ${found.length} interfaces of this machine.`,
      cure: `Select one by MAC: ${describeCards(found)}.`,
      pointer,
    })
    return undefined
  }
  if (found.length === 0) reportNotFound(check, text, pointer)
  return found[0]
}

function reportNotFound(check: MachineCheck, written: string, pointer: string): void {
  check.report({
    code: 'interface-not-found',
    message: `Interface ${shown(written)} is not on this machine.`,
    cure: `Select one of this machine's: ${describeCards(check.inventory.interfaces)}.`,
    pointer,
  })
}

function describeCards(cards: readonly NetworkInterface[]): string {
  const shownCards = cards.slice(0, 8).map((card) => `selector="mac:${card.mac}" (${card.name}, link ${card.link})`)
  return shownCards.join(', ') || 'it reports none'
}

function checkShared(
  { report }: MachineCheck,
  { one, card, pointer }: { one: InterfaceConfig; card: NetworkInterface; pointer: string },
  used: Map<string, string>,
): void {
  const key = `${card.mac}/${one.vlan ?? ''}`
  const other = used.get(key)
  used.set(key, `${one.name}\n${one.selector}`)
  // The same selector twice was reported without the machine.
  if (other === undefined || other.endsWith(`\n${one.selector ?? '\u0000'}`)) return
  report({
    code: 'interface-twice',
    message: `Interfaces ${shown(other.split('\n')[0] ?? '')} and ${shown(one.name)} are one network card (${card.name}, MAC ${card.mac}).`,
    cure: 'Put the addresses into one block, or give one a vlan id of its own.',
    pointer: `${pointer}/name`,
  })
}
