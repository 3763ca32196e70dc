import type { Node } from '@bgotink/kdl'
import type { ReadContext } from './context.ts'
import type { ShapeName } from './grammar.ts'
import { readNode } from './read-node.ts'
import type { ReadValue } from './read-value.ts'
import { placeValue } from '../places.ts'

/** Reads a node that carries one value, and remembers where the value stands. */
export function readLeaf(
  context: ReadContext,
  node: Node | undefined,
  name: ShapeName,
  pointer: string,
): ReadValue | undefined {
  if (!node) return undefined
  const value = readNode(context, node, name, pointer).arguments[0]
  if (value) placeValue(context.places, pointer, value)
  return value
}

export function stringOf(value: ReadValue | undefined): string | undefined {
  return typeof value?.value === 'string' ? value.value : undefined
}

export function integerOf(value: ReadValue | undefined): number | undefined {
  return typeof value?.value === 'number' ? value.value : undefined
}

export function booleanOf(value: ReadValue | undefined): boolean | undefined {
  return typeof value?.value === 'boolean' ? value.value : undefined
}
