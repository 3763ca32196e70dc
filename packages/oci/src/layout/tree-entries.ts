import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import type { LayoutEntry } from './layout-entry.ts'

/** How a directory becomes entries. */
export interface TreeOptions {
  /** Where the tree stands in the image; '' is the root. */
  readonly prefix?: string
  /** Leaves out what it returns false for; paths are relative to the tree. A directory left out is not entered. */
  accept?(path: string): boolean
  /** Seconds; 0 when left out: files' own times differ from checkout to checkout. */
  readonly mtime?: number
}

/**
 * Lists a directory as entries, sorted by name, owned by root, modes reduced to 0755 and 0644, times fixed: two checkouts of
 * the same files give the same layer. Sockets, devices and FIFOs are left out.
 */
export async function* treeEntries(dir: string, options: TreeOptions = {}): AsyncGenerator<LayoutEntry> {
  yield* below(dir, '', options)
}

async function* below(dir: string, relative: string, options: TreeOptions): AsyncGenerator<LayoutEntry> {
  const names = (await readdir(path.join(dir, relative))).toSorted()
  for (const name of names) {
    const here = relative === '' ? name : `${relative}/${name}`
    if (options.accept?.(here) === false) continue
    const full = path.join(dir, here)
    const found = await lstat(full)
    const base = { path: path.posix.join(options.prefix ?? '', here), mtime: options.mtime ?? 0 }
    if (found.isSymbolicLink()) yield { ...base, kind: 'symlink', target: await readlink(full) }
    if (found.isFile())
      yield { ...base, kind: 'file', mode: (found.mode & 0o111) === 0 ? 0o644 : 0o755, content: { file: full } }
    if (!found.isDirectory()) continue
    yield { ...base, kind: 'directory', mode: 0o755 }
    yield* below(dir, here, options)
  }
}
