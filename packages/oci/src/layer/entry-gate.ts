import { Fault } from '@slipway/base'
import { isReservedName, parseWhiteout, splitEntryPath } from './entry-path.ts'
import type { LayerModel, Place } from './layer-model.ts'
import type { EntryKind } from './layer-target.ts'
import type { PaxRecords } from './pax-records.ts'
import type { TarEntry } from './tar-encode.ts'
import { malformed, type TarHeader } from './tar-header.ts'

/** A header with all that extended headers said about it. */
export interface RawEntry extends TarHeader {
  readonly pax: PaxRecords | null
}

/** What becomes of an entry: the entries to write for it, the last of which gets its body; none drops it. */
export type Verdict = readonly TarEntry[]

const noAttributes: ReadonlyMap<string, Uint8Array> = new Map()
const kinds: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '2': 'symlink',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
}

/** Decides on each entry of a layer, changing lower layers where whiteouts and replacements ask for it. */
export function makeEntryGate(
  model: LayerModel,
  options: { allowDevices: boolean },
): (raw: RawEntry) => Promise<Verdict> {
  return async (raw) => {
    const parts = splitEntryPath(raw.name, 'entry')
    const name = parts.pop()
    if (name === undefined) return rootEntry(raw)
    if (parts.some(isReservedName)) return belowReserved(parts, raw)
    const whiteout = parseWhiteout(name)
    if (whiteout !== null) return applyWhiteout(model, parts, whiteout, raw)
    const type = kindOf(raw, options.allowDevices)
    const place = await model.walk(parts, true)
    if (place === null) throw new Fault('internal', 'a parent was not made')
    const made = place.missing.map((path) => madeDirectory(path, raw.mtime))
    if (type === '1') return [...made, ...(await hardLink(model, place, name, raw))]
    const kind = kinds[type]
    if (kind === undefined) throw new Fault('internal', `tar type ${type} without a kind`)
    const linkName = type === '2' ? symlinkTarget(raw) : ''
    const path = await model.put(place, name, kind, linkName)
    return [...made, entryOf(raw, type, path, linkName)]
  }
}

function rootEntry(raw: RawEntry): Verdict {
  if (raw.type !== '5')
    throw new Fault('layer-unsafe', 'a layer entry would replace the root itself; the image is not safe to unpack')
  return [entryOf(raw, '5', '.', '')]
}

// AUFS kept hard-linked files below `.wh..wh.plnk`; Docker leaves those out too.
function belowReserved(parents: readonly string[], raw: RawEntry): Verdict {
  if (parents[0]?.startsWith('.wh..wh.') === true) return []
  throw new Fault('image-invalid', `layer entry "${raw.name}" is below a whiteout; push the image again`)
}

async function applyWhiteout(
  model: LayerModel,
  parents: readonly string[],
  whiteout: NonNullable<ReturnType<typeof parseWhiteout>>,
  raw: RawEntry,
): Promise<Verdict> {
  const place = await model.walk(parents, false)
  if (place === null || whiteout.kind === 'ignored') return []
  if (whiteout.kind === 'opaque') {
    await model.hideChildren(place)
    return []
  }
  const again = await model.hide(place, whiteout.name)
  return again ? [madeDirectory([...place.path, whiteout.name].join('/'), raw.mtime)] : []
}

function kindOf(raw: RawEntry, allowDevices: boolean): TarEntry['type'] {
  switch (raw.type) {
    case '0':
    case '1':
    case '2':
    case '5':
      return raw.type
    case '3':
    case '4':
    case '6':
      if (allowDevices) return raw.type
      throw new Fault('layer-unsafe', `layer entry "${raw.name}" is a device or FIFO, which is not allowed here`, {
        details: { path: raw.name },
      })
    case 'S':
      throw malformed(`"${raw.name}" is a sparse file, which image layers do not have`)
    default:
      throw malformed(`"${raw.name}" has the unknown type "${raw.type}"`)
  }
}

async function hardLink(model: LayerModel, place: Place, name: string, raw: RawEntry): Promise<Verdict> {
  const parts = splitEntryPath(raw.linkName, 'hard link target')
  const last = parts.pop()
  const from = last === undefined ? null : await model.walk(parts, false)
  const node = from === null || last === undefined ? null : await model.look(from, last)
  if (from === null || last === undefined || node === null || node.kind === 'directory') {
    throw new Fault(
      'image-invalid',
      `layer entry "${raw.name}" is a hard link to "${raw.linkName}", which is no file in the image`,
    )
  }
  const linkName = [...from.path, last].join('/')
  if (linkName === [...place.path, name].join('/')) return [] // to itself: already there
  model.pin(from, node)
  const path = await model.put(place, name, node.kind, node.link)
  return [entryOf(raw, '1', path, linkName)]
}

function symlinkTarget(raw: RawEntry): string {
  if (raw.linkName === '') throw malformed(`"${raw.name}" is a symbolic link to nothing`)
  if (Buffer.byteLength(raw.linkName) > 4095)
    throw malformed(`"${raw.name}" is a symbolic link with a target over 4095 bytes`)
  return raw.linkName
}

function entryOf(raw: RawEntry, type: TarEntry['type'], path: string, linkName: string): TarEntry {
  return {
    path: type === '5' ? `${path}/` : path,
    type,
    mode: raw.mode & 0o7777,
    uid: raw.pax?.uid ?? raw.uid,
    gid: raw.pax?.gid ?? raw.gid,
    size: type === '0' ? raw.size : 0,
    mtime: raw.pax?.mtime ?? String(raw.mtime),
    linkName,
    devMajor: raw.devMajor,
    devMinor: raw.devMinor,
    xattrs: raw.pax?.xattrs ?? noAttributes,
  }
}

// A parent that the layer does not name: as Docker and containerd make it.
function madeDirectory(path: string, mtime: number): TarEntry {
  const rest = { mode: 0o755, uid: 0, gid: 0, size: 0, linkName: '', devMajor: 0, devMinor: 0, xattrs: noAttributes }
  return { path: `${path}/`, type: '5', mtime: String(mtime), ...rest }
}
