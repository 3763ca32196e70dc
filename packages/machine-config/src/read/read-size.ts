import type { Node } from '@bgotink/kdl'
import { headSpan, placeValue } from '../places.ts'
import { parseSize } from '../size.ts'
import { shown } from '../words.ts'
import type { ReadContext } from './context.ts'
import { grammar } from './grammar.ts'
import { readValue } from './read-value.ts'
import { checkChildren } from './read-node.ts'

/** Below this a swap or dump volume is a mistake of units; 0 means none at all. */
const smallest = 1024 ** 2

/** Reads `swap "4G"` into bytes; an integer is bytes. Null where there is none or it cannot be read. */
export function readSize(
  context: ReadContext,
  node: Node | undefined,
  name: 'swap' | 'dump',
  pointer: string,
): number | null {
  if (!node) return null
  const { report } = context.findings
  const { example } = grammar[name]
  const [entry, ...more] = node.entries
  context.places.values.set(pointer, headSpan(node))
  context.places.nodes.set(pointer, node)
  checkChildren(context, { node, nodes: node.children?.nodes ?? [], name, pointer })
  if (more.length > 0 || entry?.isProperty()) {
    const message = `\`${name}\` takes one value.`
    report({ code: 'surplus-argument', message, cure: `Write it like: ${example}`, pointer })
    return null
  }
  if (!entry) {
    report({
      code: 'missing-argument',
      message: `\`${name}\` has no value.`,
      cure: `Write it like: ${example}`,
      pointer,
    })
    return null
  }
  const value = readValue(context, entry, { type: 'any', what: `\`${name}\``, example, pointer })
  if (!value) return null
  placeValue(context.places, pointer, value)
  const bytes = typeof value.value === 'boolean' ? undefined : parseSize(String(value.value))
  if (bytes !== undefined && (bytes === 0 || bytes >= smallest)) return bytes
  report({
    code: 'size-illegal',
    message:
      bytes === undefined
        ? `\`${name}\` cannot be read as a size: ${shown(String(value.value))}.`
        : `\`${name}\` of ${bytes} bytes is too small to be meant.`,
    cure: `Write a number with K, M, G or T (powers of 1024), for example: ${example}. "0" means none.`,
    pointer,
  })
  return null
}
