import { InvalidKdlError, type Document, type Entry, type Node, type Value } from '@bgotink/kdl'
import { err, ok, type Result } from '@slipway/base'
import type { Finding } from '@slipway/protocol'
import { readText } from '../check-config.ts'
import { placeFinding } from '../finding-list.ts'
import { canonicalImage } from '../image-reference.ts'
import type { KdlVersion } from '../kdl-text.ts'
import type { CheckOptions } from '../options.ts'
import { makePlaces } from '../places.ts'
import { writeName, writeString, writeValue } from '../print/kdl-writing.ts'
import { vdevAliases } from '../read/vdev-aliases.ts'
import type { PrintOptions } from '../print/print-config.ts'
import { readBetween, readWithin, type Between } from './comments.ts'

const indentation = '    '

/**
 * Formats the text of a machine config canonically: 4 spaces, one node a line, quoted strings, canonical vdev kinds
 * and image. Comments, commented-out nodes, the order of nodes and single blank lines stay. Fails with the syntax
 * findings only; a text with other mistakes is formatted as it is.
 */
export function formatConfig(
  text: string,
  options: PrintOptions & Pick<CheckOptions, 'defaultRegistry'> = {},
): Result<string, Finding[]> {
  const read = readText(text, options)
  if (!read.ok) return err(read.error)
  const version: KdlVersion = options.kdl1 === true ? 1 : 2
  const writer: Writer = { version, defaultRegistry: options.defaultRegistry }
  const lines = tryWrite(writer, read.value.document)
  if (!lines) return err([unformattable()])
  const marker = version === 1 ? ['/- kdl-version 1'] : []
  const all = [...marker, ...lines]
  return ok(all.length === 0 ? '' : `${all.join('\n')}\n`)
}

/** The library cannot read every white space that it accepted; such a text is refused rather than shortened. */
function tryWrite(writer: Writer, document: Document): string[] | undefined {
  try {
    return writeDocument(writer, document, '', [])
  } catch (error) {
    if (error instanceof InvalidKdlError) return undefined
    throw error
  }
}

function unformattable(): Finding {
  const message = 'The text has comments or continued lines in places where they cannot be kept.'
  const cure = 'Put comments on lines of their own, and write each node on one line.'
  return placeFinding({ code: 'syntax-error', message, cure, pointer: '' }, makePlaces())
}

interface Writer {
  readonly version: KdlVersion
  readonly defaultRegistry: string | undefined
}

function writeDocument(
  writer: Writer,
  document: Document,
  indent: string,
  path: readonly string[],
  opening?: string,
): string[] {
  const lines: string[] = []
  // What stands before the first node, or before the end if there is none.
  let before = opening
  let carried = ''
  for (const node of document.nodes) {
    lines.push(...writeBetween(writer, readBetween(carried + (before ?? node.leading ?? '')), indent, path))
    const written = writeNode(writer, node, indent, path)
    const { sameLine, rest } = splitTrailing(node.trailing)
    written.push(`${written.pop() ?? ''}${sameLine === '' ? '' : ` ${sameLine}`}`)
    lines.push(...written)
    carried = rest
    before = undefined
  }
  lines.push(...writeBetween(writer, readBetween(carried + (before ?? document.trailing ?? '')), indent, path))
  return trimBlank(lines)
}

/** A comment behind a node stays on its line; what follows stands before the next node. */
function splitTrailing(trailing: string | undefined): { sameLine: string; rest: string } {
  const after = (trailing ?? '').replace(/^([^\S\r\n]*);/u, '$1')
  const line = /^[^\r\n]*(?:\r\n|[\r\n])?/u.exec(after)?.[0] ?? ''
  // A commented-out node, or a block comment over several lines, begins here: it goes to the next lines as a whole.
  if (line.includes('/-') || line.split('/*').length !== line.split('*/').length) return { sameLine: '', rest: after }
  const comments = readBetween(line).flatMap((item) => (item.kind === 'comment' ? [item.text] : []))
  return { sameLine: comments.join(' '), rest: after.slice(line.length) }
}

function trimBlank(lines: readonly string[]): string[] {
  const kept = lines.filter((line, index) => line !== '' || (index > 0 && lines[index - 1] !== ''))
  while (kept.at(-1) === '') kept.pop()
  return kept
}

function writeBetween(writer: Writer, between: readonly Between[], indent: string, path: readonly string[]): string[] {
  return between.flatMap((item): string[] => {
    if (item.kind === 'blank') return ['']
    if (item.kind === 'comment') return [`${indent}${item.text}`]
    if (path.length === 0 && item.node.getName() === 'kdl-version') return versionMarker(writer, item.node)
    const [first = '', ...rest] = writeNode(writer, item.node, indent, path)
    return [`${indent}/- ${first.slice(indent.length)}`, ...rest]
  })
}

/** A marker of version 2 stays; one of version 1 is written anew, or goes when version 2 is written. */
function versionMarker({ version }: Writer, node: Node): string[] {
  return version === 2 && node.getArgument(0) === 2 ? ['/- kdl-version 2'] : []
}

function writeNode(writer: Writer, node: Node, indent: string, path: readonly string[]): string[] {
  const name = node.getName()
  const here = [...path, name]
  const tag = node.getTag() === null ? '' : `(${writeName(node.getTag() ?? '')})`
  const entries = node.entries.map(
    (entry) => `${writeWithin(writer, entry.leading, indent)} ${writeEntry(writer, entry, here)}`,
  )
  const head = `${indent}${tag}${writeName(name)}${entries.join('')}${writeWithin(writer, node.beforeChildren, indent)}`
  return node.children ? writeBlock(writer, head, node.children, indent, here) : [head]
}

function writeBlock(writer: Writer, head: string, block: Document, indent: string, path: readonly string[]): string[] {
  // A comment behind the opening brace stays on its line.
  const first = block.nodes[0]
  const { sameLine, rest } = splitTrailing(first ? first.leading : block.trailing)
  const lines = writeDocument(writer, block, `${indent}${indentation}`, path, rest)
  return [`${head} {${sameLine === '' ? '' : ` ${sameLine}`}`, ...lines, `${indent}}`]
}

function writeWithin(writer: Writer, space: string | undefined, indent: string): string {
  return readWithin(space)
    .map((item) => {
      if (item.kind === 'comment') return ` ${item.text}`
      if (item.kind === 'dead-entry') return ` /-${writeEntry(writer, item.entry, [])}`
      return writeBlock(writer, ' /-', item.block, indent, ['']).join('\n').replace('/- {', '/-{')
    })
    .join('')
}

function writeEntry(writer: Writer, entry: Entry, path: readonly string[]): string {
  // `a /* why */ = 1` is legal in version 2 alone; the comment moves before the property.
  const comments = [...(entry.equals ?? '').matchAll(/\/\*[^]*?\*\//gu)].map(([comment]) => `${comment} `)
  const name = entry.name ? `${writeName(entry.name.getName())}=` : ''
  return `${comments.join('')}${name}${writeTagged(writer, entry.value, path)}`
}

function writeTagged(writer: Writer, value: Value, path: readonly string[]): string {
  const tag = value.getTag() === null ? '' : `(${writeName(value.getTag() ?? '')})`
  const content = value.getValue()
  if (typeof content === 'string') return `${tag}${writeString(canonicalText(writer, content, path))}`
  // Numbers that JavaScript cannot keep are written as they stand; a finding tells about them.
  if (typeof content === 'number' && !Number.isSafeInteger(content)) return `${tag}${value.representation ?? content}`
  return `${tag}${writeValue(content, writer.version)}`
}

function canonicalText(writer: Writer, text: string, path: readonly string[]): string {
  const place = path.join('/')
  if (place === 'pool/vdev') return Object.hasOwn(vdevAliases, text) ? (vdevAliases[text] ?? text) : text
  return place === 'image' ? canonicalImage(text, writer.defaultRegistry) : text
}
