import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import { encodeTarEntry, paddingOf, tarEnd, type TarEntry } from '../layer/tar-encode.ts'
import { blockBytes } from '../layer/tar-header.ts'
import type { LayoutEntry } from './layout-entry.ts'

const types = { file: '0', hardlink: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const

/** Writes entries as a tar stream; the same entries give the same bytes. A file that changes its size meanwhile throws. */
export async function* packTar(
  entries: Iterable<LayoutEntry> | AsyncIterable<LayoutEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    const size = await sizeOf(entry)
    const block = Buffer.alloc(blockBytes)
    yield* encodeTarEntry(tarEntry(entry, size), block)
    yield block
    if (entry.kind !== 'file') continue
    let sent = 0
    for await (const chunk of contentOf(entry.content)) {
      sent += chunk.length
      yield chunk
    }
    if (sent !== size)
      throw new Fault('conflict', `the file for "${entry.path}" changed while it was packed; pack again`)
    yield Buffer.alloc(paddingOf(size))
  }
  yield tarEnd
}

function tarEntry(entry: LayoutEntry, size: number): TarEntry {
  const blank = {
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: '0',
    linkName: '',
    devMajor: 0,
    devMinor: 0,
    xattrs: new Map(),
  }
  if (entry.kind === 'whiteout') return { ...blank, type: '0', path: whiteoutPath(entry.path) }
  if (entry.kind === 'opaque')
    return { ...blank, type: '0', path: entry.path === '' ? '.wh..wh..opq' : `${entry.path}/.wh..wh..opq` }
  return {
    ...blank,
    type: types[entry.kind],
    path: entry.kind === 'directory' ? `${entry.path || '.'}/` : entry.path,
    mode: entry.mode ?? (entry.kind === 'directory' ? 0o755 : entry.kind === 'symlink' ? 0o777 : 0o644),
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: String(entry.mtime ?? 0),
    linkName: 'target' in entry ? entry.target : '',
    devMajor: 'major' in entry ? entry.major : 0,
    devMinor: 'minor' in entry ? entry.minor : 0,
    xattrs: new Map(Object.entries(entry.xattrs ?? {})),
  }
}

function whiteoutPath(path: string): string {
  const slash = path.lastIndexOf('/') + 1
  return `${path.slice(0, slash)}.wh.${path.slice(slash)}`
}

async function sizeOf(entry: LayoutEntry): Promise<number> {
  if (entry.kind !== 'file') return 0
  const { content } = entry
  if (typeof content === 'string') return Buffer.byteLength(content)
  return content instanceof Uint8Array ? content.length : (await stat(content.file)).size
}

async function* contentOf(content: Uint8Array | string | { file: string }): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content)
  else if (content instanceof Uint8Array) yield content
  else for await (const chunk of createReadStream(content.file, { highWaterMark: 1024 * 1024 })) yield chunk as Buffer // no encoding set
}
