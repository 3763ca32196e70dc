import { canonicalJson, err, ok, type Result } from '@slipway/base'
import type { Finding, MachineConfig } from '@slipway/protocol'
import { readText, type ReadText } from '../check-config.ts'
import { placeFinding } from '../finding-list.ts'
import { makePlaces } from '../places.ts'
import { printPart, type ConfigPart } from '../print/print-config.ts'
import { appendToBlock, appendToDocument, removeNode, replace } from './splice.ts'

/** The parts of a config that say where the system goes. */
export type StorageConfig = Pick<MachineConfig, 'pools' | 'filesystem' | 'wipes'>

/**
 * Adds a part at the end of the node at `parent` (a JSON pointer; empty for the document). Every other byte stays. Fails
 * with the syntax findings, or with `edit-pointer-unknown` where there is no such node.
 */
export function addPart(text: string, parent: string, part: ConfigPart): Result<string, Finding[]> {
  const read = readText(text, {})
  if (!read.ok) return err(read.error)
  const { version, places } = read.value
  const write = (indent: string) => printPart(part, indent, version).join('\n')
  if (parent === '') return proven(appendToDocument({ text, version }, write('')), read.value)
  const node = places.nodes.get(parent)
  return node ? proven(appendToBlock({ text, version }, node, write), read.value) : unknown(parent)
}

/** Takes the node at a pointer out: a pool, vdev, wipe, interface, address or user. Every other byte stays. */
export function removePart(text: string, pointer: string): Result<string, Finding[]> {
  const read = readText(text, {})
  if (!read.ok) return err(read.error)
  const node = read.value.places.nodes.get(pointer)
  return node ? proven(removeNode({ text, version: read.value.version }, node), read.value) : unknown(pointer)
}

/** Writes pools, filesystem and wipes anew where the first of them stood; everything else stays, comments inside of them go. */
export function replaceStorage(text: string, storage: StorageConfig): Result<string, Finding[]> {
  const read = readText(text, {})
  if (!read.ok) return err(read.error)
  const { version } = read.value
  const nodes = storageNodes(read.value)
  const at = nodes.length === 0 ? 0 : Math.min(...nodes.map(({ start }) => start))
  const rest = nodes.toReversed().reduce((left, { node }) => removeNode({ text: left, version }, node), text)
  const lines = storageParts(storage).flatMap((part) => printPart(part, '', version))
  const edited = replace(rest, at, at, lines.map((line) => `${line}\n`).join(''))
  const after = readText(edited, {})
  const holds = after.ok && canonicalJson(storageOf(after.value.config)) === canonicalJson(storageOf(storage))
  return holds ? ok(edited) : unknown('')
}

function storageOf({ pools, filesystem, wipes }: StorageConfig): StorageConfig {
  return { pools, filesystem, wipes }
}

function storageParts({ pools, filesystem, wipes }: StorageConfig): ConfigPart[] {
  return [
    ...(filesystem ? [{ kind: 'filesystem', value: filesystem } as const] : []),
    ...pools.map((value, index) => ({ kind: 'pool', value, first: index === 0 }) as const),
    ...wipes.map((value) => ({ kind: 'wipe', value }) as const),
  ]
}

/** In the order of the text. */
function storageNodes({ places, config, document }: ReadText) {
  const pointers = [
    ...config.pools.map((_, index) => `/pools/${index}`),
    ...config.wipes.map((_, index) => `/wipes/${index}`),
    '/filesystem',
  ]
  const wanted = new Set(pointers.map((pointer) => places.nodes.get(pointer)))
  return document.nodes
    .filter((node) => wanted.has(node))
    .map((node) => ({ node, start: places.values.get(pointerOf(pointers, places, node))?.start.offset ?? 0 }))
}

function pointerOf(pointers: readonly string[], places: ReadText['places'], node: unknown): string {
  return pointers.find((pointer) => places.nodes.get(pointer) === node) ?? ''
}

/** The new text has to be readable, in the same version. */
function proven(edited: string, before: ReadText): Result<string, Finding[]> {
  const after = readText(edited, {})
  return after.ok && after.value.version === before.version ? ok(edited) : unknown('')
}

function unknown(pointer: string): Result<string, Finding[]> {
  const message = `The config has no part at ${pointer === '' ? 'this place' : `\`${pointer}\``} that could be edited so.`
  const cure = 'Use a pointer into the config that checkConfig returns.'
  return err([placeFinding({ code: 'edit-pointer-unknown', message, cure, pointer: '' }, makePlaces())])
}
