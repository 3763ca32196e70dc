import type { EntryKind, LayerTarget } from '../layer/layer-target.ts'
import { paddingOf } from '../layer/tar-encode.ts'
import { isZeroBlock, parseTarHeader } from '../layer/tar-header.ts'

/** What stands at a path of the memory target; `content` is a file's text or a link's target. */
export interface MemoryEntry {
  readonly kind: EntryKind
  readonly content: string
}

/**
 * A target in memory that unpacks every chunk the moment it gets it: a tar that is never behind. With small chunks this is the
 * opposite of a real tar that has read nothing yet; a layer must come out the same both ways.
 * Like tar it refuses what needs a parent or a link target that is not there. Short names only (no pax headers).
 */
export function makeMemoryTarget(tree: Map<string, MemoryEntry>): LayerTarget {
  const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
  const write = (path: string, entry: MemoryEntry): void => {
    const parent = above(path)
    if (parent !== '' && tree.get(parent)?.kind !== 'directory') throw new Error(`no directory for ${path}`)
    const there = tree.get(path)
    if (there !== undefined && (there.kind === 'directory') !== (entry.kind === 'directory'))
      throw new Error(`${path} is in the way`)
    tree.set(path, entry)
  }
  return {
    lstat: (path) => Promise.resolve(tree.get(path) ?? null),
    readlink: (path) => Promise.resolve(tree.get(path)?.content ?? ''),
    readdir: (path) =>
      Promise.resolve(
        [...tree.keys()]
          .filter((one) => above(one) === path)
          .map((one) => one.slice(path === '' ? 0 : path.length + 1)),
      ),
    remove(path) {
      for (const one of tree.keys()) if (one === path || one.startsWith(`${path}/`)) tree.delete(one)
      return Promise.resolve()
    },
    async extract(tar) {
      let held = Buffer.alloc(0)
      for await (const chunk of tar) {
        held = Buffer.concat([held, chunk])
        while (held.length >= 512 && !isZeroBlock(held.subarray(0, 512))) {
          const header = parseTarHeader(held.subarray(0, 512))
          const end = 512 + header.size + paddingOf(header.size)
          if (held.length < end) break
          unpackOne(header, held.toString('utf8', 512, 512 + header.size))
          held = held.subarray(end)
        }
      }
    },
  }

  function unpackOne(header: ReturnType<typeof parseTarHeader>, body: string): void {
    const path = header.name.replace(/\/$/, '')
    if (path === '.') return
    if (header.type === '5') return write(path, { kind: 'directory', content: '' })
    if (header.type === '2') return write(path, { kind: 'symlink', content: header.linkName })
    if (header.type === '0') return write(path, { kind: 'file', content: body })
    const from = tree.get(header.linkName)
    if (from === undefined) throw new Error(`nothing to link to at ${header.linkName}`)
    write(path, from)
  }
}
