import type { Node } from '@bgotink/kdl'
import type { KdlVersion } from '../kdl-text.ts'
import { headSpan, locationOf } from '../places.ts'

/** A text while it is edited. Every function returns a new text that differs from the old in one place. */
export interface Editable {
  readonly text: string
  readonly version: KdlVersion
}

const oneStep = '    '

/** Replaces the characters from `start` up to `end`. */
export function replace(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end)
}

/** Adds a node as the last of a block, in the way the block is written; opens the block if there is none. */
export function appendToBlock({ text, version }: Editable, parent: Node, write: (indent: string) => string): string {
  const { start, end } = headSpan(parent)
  const newline = newlineOf(text)
  const own = indentAt(text, start.offset)
  const terminator = version === 1 ? ';' : ''
  if (!parent.children) {
    const block = ` {${newline}${write(own + oneStep)}${newline}${own}}`
    return replace(text, end.offset, end.offset, block)
  }
  const brace = locationOf(parent.children).end.offset
  const lineStart = startOfLine(text, brace)
  const last = parent.children.nodes.at(-1)
  if (text.slice(lineStart, brace).trim() === '' && lineStart > start.offset) {
    const lastStart = last && locationOf(last).start.offset
    const indent =
      lastStart !== undefined && text.slice(startOfLine(text, lastStart), lastStart).trim() === ''
        ? indentAt(text, lastStart)
        : own + oneStep
    return replace(text, lineStart, lineStart, `${write(indent)}${newline}`)
  }
  const before = text.slice(0, brace).trimEnd().length
  const isClosed = /[;{]$/u.test(text.slice(0, before))
  const written = write(own + oneStep).trimStart()
  const space = before === brace ? ' ' : ''
  return replace(text, before, before, `${isClosed ? '' : ';'} ${written}${terminator}${space}`)
}

/** Adds a node at the end of the document. */
export function appendToDocument({ text }: Editable, line: string): string {
  const newline = newlineOf(text)
  const gap = text === '' || /[\n\r]$/u.test(text) ? '' : newline
  return `${text}${gap}${line}${newline}`
}

/** Takes a node out: its whole line where it stands alone, else its own characters and one separator. */
export function removeNode({ text }: Editable, node: Node): string {
  const { start } = headSpan(node)
  const end = endOf(node)
  const lineStart = startOfLine(text, start.offset)
  const tail = /^[^\S\r\n]*;?[^\S\r\n]*/u.exec(text.slice(end))?.[0] ?? ''
  const after = end + tail.length
  const lineEnd = /^(?:\r\n|\n|\r)/u.exec(text.slice(after))?.[0]
  const isAlone = text.slice(lineStart, start.offset).trim() === ''
  if (isAlone && (lineEnd !== undefined || after === text.length)) {
    return replace(text, lineStart, after + (lineEnd?.length ?? 0), '')
  }
  return replace(text, start.offset, after, '')
}

/** Takes an entry out together with the space before it. */
export function removeEntry({ text }: Editable, start: number, end: number): string {
  const space = /[^\S\r\n]*$/u.exec(text.slice(0, start))?.[0].length ?? 0
  return replace(text, start - space, end, '')
}

/** The end of a node itself: the parser's takes in the space and comments behind. */
function endOf(node: Node): number {
  return node.children ? locationOf(node.children).end.offset + 1 : headSpan(node).end.offset
}

function startOfLine(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
}

function indentAt(text: string, offset: number): string {
  return /^[^\S\r\n]*/u.exec(text.slice(startOfLine(text, offset), offset))?.[0].replace('\uFEFF', '') ?? ''
}

function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}
