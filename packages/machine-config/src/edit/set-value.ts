import { err, ok, type Result } from '@slipway/base'
import type { Finding } from '@slipway/protocol'
import { readText, type ReadText } from '../check-config.ts'
import { placeFinding } from '../finding-list.ts'
import { headSpan, makePlaces } from '../places.ts'
import { shown } from '../words.ts'
import { appendToBlock, appendToDocument, removeEntry, removeNode, replace, type Editable } from './splice.ts'
import { findTarget, writeAt, writeLeaf, type EditValue, type Target } from './target.ts'
import { valueAt } from './pointer.ts'

/**
 * Sets the value at a JSON pointer of the typed config in its text, and keeps every other byte: comments, order and
 * writing. `null` takes an optional value out; `-` as the last step, or the next index, adds to a list. Fails with the
 * syntax findings, or with `edit-pointer-unknown` or `edit-value-illegal`; whether the new value makes sense is for
 * `checkConfig` to say.
 */
export function setValue(text: string, pointer: string, value: EditValue): Result<string, Finding[]> {
  const read = readText(text, {})
  if (!read.ok) return err(read.error)
  const target = findTarget(pointer)
  const editable: Editable = { text, version: read.value.version }
  const edited =
    value === null
      ? takeOut(editable, read.value, pointer, target)
      : (overwrite(editable, read.value, pointer, value) ?? add(editable, read.value, { pointer, value, target }))
  if (edited === undefined) return refuse('edit-pointer-unknown', pointer, 'names no value of this config')
  return holds(edited, read.value, pointer, value)
    ? ok(edited)
    : refuse('edit-value-illegal', pointer, `cannot hold ${shown(String(value))}`)
}

function refuse(code: 'edit-pointer-unknown' | 'edit-value-illegal', pointer: string, what: string) {
  const cure =
    code === 'edit-pointer-unknown'
      ? 'Use a pointer into the config that checkConfig returns.'
      : 'Give a value of the type that the place has.'
  const message = `The pointer ${shown(pointer)} ${what}.`
  return err([placeFinding({ code, message, cure, pointer: '' }, makePlaces())])
}

/** Replaces the token of a value that is there. */
function overwrite(
  { text, version }: Editable,
  { places }: ReadText,
  pointer: string,
  value: Exclude<EditValue, null>,
): string | undefined {
  const span = places.tokens.get(pointer)
  if (!span) return undefined
  return replace(text, span.start.offset, span.end.offset, writeAt(pointer, value, version))
}

interface Addition {
  readonly pointer: string
  readonly value: Exclude<EditValue, null>
  readonly target: Target | undefined
}

function add(editable: Editable, read: ReadText, { pointer, value, target }: Addition): string | undefined {
  if (!target || !isNextIndex(read, pointer)) return undefined
  const source = writeAt(pointer, value, editable.version)
  if (target.kind === 'option') return addOption(editable, read, target, source)
  // A node whose value could not be read (`mtu "x"`) is written anew.
  const unread = target.kind === 'node' ? read.places.nodes.get(pointer) : undefined
  if (target.kind === 'node' && unread) {
    const { start, end } = headSpan(unread)
    return replace(editable.text, start.offset, end.offset, writeLeaf(target.node, target.property, source))
  }
  const parent = read.places.nodes.get(target.parent)
  if (target.kind === 'node') {
    const line = writeLeaf(target.node, target.property, source)
    if (target.parent === '') return appendToDocument(editable, line)
    return parent && appendToBlock(editable, parent, (indent) => `${indent}${line}`)
  }
  if (!parent) return undefined
  const end = headSpan(parent).end.offset
  const entry = target.kind === 'property' ? `${target.name}=${source}` : source
  return replace(editable.text, end, end, ` ${entry}`)
}

function addOption(
  editable: Editable,
  { places }: ReadText,
  { pool, name }: Extract<Target, { kind: 'option' }>,
  source: string,
): string | undefined {
  const options = places.nodes.get(`${pool}/options`)
  const line = writeLeaf(name, undefined, source)
  if (options) return appendToBlock(editable, options, (indent) => `${indent}${line}`)
  const parent = places.nodes.get(pool)
  const end = editable.version === 1 ? ';' : ''
  return parent && appendToBlock(editable, parent, (indent) => `${indent}options { ${line}${end} }`)
}

/** A list grows by its next index only. */
function isNextIndex({ config }: ReadText, pointer: string): boolean {
  const last = /\/(\d+)$/u.exec(pointer)?.[1]
  const list = valueAt(config, pointer.slice(0, pointer.lastIndexOf('/')))
  return last === undefined || !Array.isArray(list) || list.length === Number(last)
}

function takeOut(
  editable: Editable,
  { places }: ReadText,
  pointer: string,
  target: Target | undefined,
): string | undefined {
  const span = places.tokens.get(pointer)
  if (!target || (!span && !places.nodes.has(pointer))) return undefined
  if (target.kind === 'argument' && span) return removeEntry(editable, span.start.offset, span.end.offset)
  if (target.kind === 'property' && span) {
    const name = new RegExp(`"?${target.name}"?\\s*=\\s*$`, 'u').exec(editable.text.slice(0, span.start.offset))?.[0]
    return name === undefined ? undefined : removeEntry(editable, span.start.offset - name.length, span.end.offset)
  }
  const node = places.nodes.get(pointer)
  return node && removeNode(editable, node)
}

/** An edit is checked by reading the new text: it is of the same version, and has the value at its place. */
function holds(text: string, before: ReadText, pointer: string, value: EditValue): boolean {
  const after = readText(text, {})
  if (!after.ok || after.value.version !== before.version) return false
  if (value === null) return true
  const at = pointer.endsWith('/-') ? lastOf(after.value.config, pointer.slice(0, -2)) : undefined
  return Object.is(at ?? valueAt(after.value.config, pointer), value)
}

function lastOf(config: unknown, pointer: string): unknown {
  const list = valueAt(config, pointer)
  return Array.isArray(list) ? list.at(-1) : undefined
}
