import type { Entry, Node } from '@bgotink/kdl'
import { entrySpan, headSpan, nameSpan } from '../places.ts'
import { didYouMean } from '../suggestion.ts'
import { listWords, shown } from '../words.ts'
import type { Report } from '../finding-list.ts'
import type { ReadContext } from './context.ts'
import { grammar, parentsOf, type Shape, type ShapeName } from './grammar.ts'
import { readValue, type ReadValue } from './read-value.ts'

export interface NodeReading {
  /** Arguments of the right type. */
  readonly arguments: readonly ReadValue[]
  readonly properties: ReadonlyMap<string, ReadValue>
  /** The children of one name, in order. */
  readonly children: (name: string) => Node[]
}

/** Reads one node by its shape in the grammar and reports whatever does not fit. */
export function readNode(context: ReadContext, node: Node, name: ShapeName, pointer: string): NodeReading {
  const shape: Shape = grammar[name]
  context.places.values.set(pointer, headSpan(node))
  context.places.nodes.set(pointer, node)
  checkNodeTag(context, node, pointer)
  const values = readArguments(context, node, shape, pointer)
  const properties = readProperties(context, node, shape, pointer)
  const children = checkChildren(context, { node, nodes: node.children?.nodes ?? [], name, pointer })
  return { arguments: values, properties, children }
}

function checkNodeTag(context: ReadContext, node: Node, pointer: string): void {
  if (node.getTag() === null) return
  context.findings.report({
    code: 'type-annotation',
    severity: 'warning',
    message: `The type annotation (${node.getTag()}) on \`${node.getName()}\` means nothing here.`,
    cure: 'Remove the annotation; the node alone is read.',
    pointer,
    span: nameSpan(node),
  })
}

function readArguments(context: ReadContext, node: Node, shape: Shape, pointer: string): ReadValue[] {
  const entries = node.getArgumentEntries()
  const what = `\`${node.getName()}\``
  const wanted = shape.arguments.length
  if (entries.length < wanted && shape.variadic !== 'optional') {
    context.findings.report({
      code: 'missing-argument',
      message: `${what} has no value.`,
      cure: `Write it like: ${shape.example}`,
      pointer,
      span: headSpan(node),
    })
  }
  const read: ReadValue[] = []
  for (const [index, entry] of entries.entries()) {
    const type = shape.arguments[shape.variadic === 'many' ? 0 : index]
    if (type === undefined) reportSurplus(context, entry, { what, shape, pointer })
    else {
      const value = readValue(context, entry, { type, what, example: shape.example, pointer })
      if (value) read.push(value)
    }
  }
  return read
}

function reportSurplus(
  context: ReadContext,
  entry: Entry,
  { what, shape, pointer }: { what: string; shape: Shape; pointer: string },
): void {
  const takes = shape.arguments.length === 0 ? 'no value' : 'one value'
  context.findings.report({
    code: 'surplus-argument',
    message: `${what} takes ${takes}; ${shown(String(entry.getValue()))} is one too many.`,
    cure: `Remove it, or write it as a node of its own. It is written like: ${shape.example}`,
    pointer,
    span: entrySpan(entry),
  })
}

function readProperties(context: ReadContext, node: Node, shape: Shape, pointer: string): Map<string, ReadValue> {
  const read = new Map<string, ReadValue>()
  const seen = new Set<string>()
  for (const entry of node.getPropertyEntries()) {
    const name = entry.getName() ?? ''
    const rule = Object.hasOwn(shape.properties, name) ? shape.properties[name] : undefined
    if (!rule) reportUnknownProperty(context, { node, entry, name, shape, pointer })
    else if (seen.has(name)) {
      context.findings.report({
        code: 'duplicate-property',
        message: `\`${node.getName()}\` has the property \`${name}\` twice.`,
        cure: 'Keep the one that is meant.',
        pointer,
        span: entrySpan(entry),
      })
    } else {
      const what = `Property \`${name}\` of \`${node.getName()}\``
      const value = readValue(context, entry, { type: rule.type, what, example: shape.example, pointer })
      if (value) read.set(name, value)
    }
    seen.add(name)
  }
  for (const [name, rule] of Object.entries(shape.properties)) {
    if (rule.required !== true || seen.has(name)) continue
    context.findings.report({
      code: 'missing-property',
      message: `\`${node.getName()}\` lacks the property \`${name}\`.`,
      cure: `Write it like: ${shape.example}`,
      pointer,
      span: headSpan(node),
    })
  }
  return read
}

function reportUnknownProperty(
  context: ReadContext,
  { node, entry, name, shape, pointer }: { node: Node; entry: Entry; name: string; shape: Shape; pointer: string },
): void {
  const known = Object.keys(shape.properties)
  const isChild = Object.hasOwn(shape.children, name)
  const rest = known.length === 0 ? 'It has no properties.' : `It has \`${known.join('` and `')}\`.`
  context.findings.report(() => ({
    code: 'unknown-property',
    message: `\`${node.getName()}\` has no property ${shown(name)}.`,
    cure: isChild
      ? `\`${name}\` is a node: write it inside the block of \`${node.getName()}\`.`
      : `${didYouMean(name, known)}${rest} Written like: ${shape.example}`,
    pointer,
    span: entrySpan(entry),
  }))
}

interface Children {
  /** Null for the document. */
  readonly node: Node | null
  readonly nodes: readonly Node[]
  readonly name: ShapeName
  readonly pointer: string
}

/** Checks names and numbers of children and hands them out by name. */
export function checkChildren(context: ReadContext, at: Children): (name: string) => Node[] {
  const shape: Shape = grammar[at.name]
  const byName = new Map<string, Node[]>()
  for (const child of at.nodes) {
    const name = child.getName()
    const occurrence = Object.hasOwn(shape.children, name) ? shape.children[name] : undefined
    const before = byName.get(name)
    if (occurrence === undefined && shape.open !== true) reportUnknownNode(context, child, at, shape)
    else if (before && occurrence !== 'many' && shape.open !== true) reportSecond(context, child, at)
    else if (before) before.push(child)
    else byName.set(name, [child])
  }
  for (const [name, occurrence] of Object.entries(shape.children)) {
    if (occurrence === 'one' && !byName.has(name)) reportMissing(context, name, at)
  }
  if (at.node?.children && Object.keys(shape.children).length === 0 && shape.open !== true && at.nodes.length === 0) {
    reportEmptyBlock(context, at.node, at.pointer)
  }
  return (name) => byName.get(name) ?? []
}

function reportUnknownNode(context: ReadContext, child: Node, at: Children, shape: Shape): void {
  context.findings.report(() => unknownNode(child, at, shape))
}

function unknownNode(child: Node, at: Children, shape: Shape): Report {
  const name = child.getName()
  const known = Object.keys(shape.children)
  const inside = at.node ? `\`${at.name}\`` : 'the top level'
  const elsewhere = parentsOf(name).map((parent) => (parent === 'document' ? 'the top level' : `\`${parent}\``))
  const suggestion =
    elsewhere.length > 0 ? `\`${name}\` belongs to ${listWords(elsewhere, 'or')}. ` : didYouMean(name, known)
  const rest =
    known.length === 0
      ? `${at.node ? inside : 'It'} has no block.`
      : `Known in ${inside}: ${listWords(known.map((one) => `\`${one}\``))}.`
  return {
    code: 'unknown-node',
    message: `There is no node ${shown(name)} in ${inside}.`,
    cure: `${suggestion}${rest}`,
    pointer: at.pointer,
    span: nameSpan(child),
  }
}

function reportSecond(context: ReadContext, child: Node, at: Children): void {
  context.findings.report({
    code: 'duplicate-node',
    message: `\`${child.getName()}\` stands twice; ${at.node ? `a \`${at.name}\`` : 'a machine config'} has one.`,
    cure: 'Keep the one that is meant and remove the other.',
    pointer: at.pointer,
    span: headSpan(child),
  })
}

function reportMissing(context: ReadContext, name: string, at: Children): void {
  // Safe: names of children are keys of the grammar; a test walks all of them.
  const { example } = grammar[name as ShapeName]
  context.findings.report({
    code: 'missing-node',
    message: `${at.node ? `\`${at.name}\`` : 'The machine config'} has no \`${name}\`.`,
    cure: `Add: ${example}`,
    pointer: at.pointer,
    ...(at.node && { span: headSpan(at.node) }),
  })
}

function reportEmptyBlock(context: ReadContext, node: Node, pointer: string): void {
  context.findings.report({
    code: 'surplus-children',
    message: `\`${node.getName()}\` has no block.`,
    cure: 'Remove the braces.',
    pointer,
    span: headSpan(node),
  })
}
