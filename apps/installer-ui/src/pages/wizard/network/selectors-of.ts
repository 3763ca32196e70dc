import type { InterfaceConfig, Inventory, NetworkInterface } from '@slipway/protocol'

interface Selectors {
  readonly options: readonly { readonly value: string; readonly label: string }[]
  /** The card that the config means; undefined: none of this machine's, or said in a way that only the server resolves. */
  readonly card: NetworkInterface | undefined
}

/** The cards that an interface of the config can be, named so that the names hold: by MAC. */
export function selectorsOf(
  { selector, name }: Pick<InterfaceConfig, 'selector' | 'name'>,
  { interfaces }: Pick<Inventory, 'interfaces'>,
): Selectors {
  const card = interfaces.find((each) => isMeant(each, selector ?? name))
  const byMac = interfaces.map((each) => ({
    value: card === each && selector !== null ? selector : `mac:${each.mac}`,
    label: [each.name, each.mac, each.driver, `link ${each.link}`].filter(Boolean).join(' · '),
  }))
  const isListed = byMac.some(({ value }) => value === selector)
  if (isListed) return { options: byMac, card }
  const written = { value: selector ?? '', label: selector ?? `by its name, ${name}` }
  return { options: [written, ...byMac], card }
}

function isMeant({ mac, name, bus_index }: NetworkInterface, selector: string): boolean {
  const [kind, value] = selector.includes(':')
    ? [selector.slice(0, selector.indexOf(':')), selector.slice(selector.indexOf(':') + 1)]
    : ['name', selector]
  if (kind === 'mac') return value.toLowerCase() === mac
  return value === name || value === `net${bus_index}`
}
