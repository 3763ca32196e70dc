import type { Node } from '@bgotink/kdl'
import { addressKinds, type AddressConfig, type InterfaceConfig } from '@slipway/protocol'
import { didYouMean } from '../suggestion.ts'
import { listWords, shown } from '../words.ts'
import type { ReadContext } from './context.ts'
import { integerOf, readLeaf, stringOf } from './read-leaf.ts'
import { readNode } from './read-node.ts'
import { placeValue } from '../places.ts'

/** Reads one interface with its addresses. */
export function readInterface(context: ReadContext, node: Node, pointer: string): InterfaceConfig {
  const reading = readNode(context, node, 'interface', pointer)
  const name = reading.arguments[0]
  const selector = reading.properties.get('selector')
  if (name) placeValue(context.places, `${pointer}/name`, name)
  if (selector) placeValue(context.places, `${pointer}/selector`, selector)
  return {
    name: stringOf(name) ?? '',
    selector: stringOf(selector) ?? null,
    addresses: reading
      .children('address')
      .map((one, index) => readAddress(context, one, `${pointer}/addresses/${index}`)),
    gateways: reading
      .children('gateway')
      .map((one, index) => stringOf(readLeaf(context, one, 'gateway', `${pointer}/gateways/${index}`)) ?? ''),
    mtu: integerOf(readLeaf(context, reading.children('mtu')[0], 'mtu', `${pointer}/mtu`)) ?? null,
    vlan: readVlan(context, reading.children('vlan')[0], `${pointer}/vlan`),
  }
}

function readVlan(context: ReadContext, node: Node | undefined, pointer: string): number | null {
  if (!node) return null
  const id = readNode(context, node, 'vlan', pointer).properties.get('id')
  if (id) placeValue(context.places, pointer, id)
  return integerOf(id) ?? null
}

function readAddress(context: ReadContext, node: Node, pointer: string): AddressConfig {
  const reading = readNode(context, node, 'address', pointer)
  const name = reading.properties.get('name')
  const word = reading.properties.get('kind')
  const address = reading.arguments[0]
  if (name) placeValue(context.places, `${pointer}/name`, name)
  if (word) placeValue(context.places, `${pointer}/kind`, word)
  if (address) placeValue(context.places, `${pointer}/address`, address)
  const kind = addressKinds.find((one) => one === word?.value)
  if (word && !kind) {
    context.findings.report({
      code: 'address-kind-unknown',
      message: `There is no address kind ${shown(String(word.value))}.`,
      cure: `${didYouMean(String(word.value), addressKinds)}Known: ${listWords(addressKinds)}.`,
      pointer: `${pointer}/kind`,
    })
  }
  // Without a readable kind the address decides, so that one mistake makes one finding.
  const read = kind ?? (address ? 'static' : 'dhcp4')
  return { name: stringOf(name) ?? '', kind: read, address: stringOf(address) ?? null }
}
