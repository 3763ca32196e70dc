import { createHash } from 'node:crypto'
import type { FileTree } from '../state.ts'
import type { Overlay } from './overlay.ts'

/** A file system with nothing in it. */
export function emptyTree(): FileTree {
  return {
    overlays: [],
    layers: [],
    begun: null,
    sysconfig: null,
    hostname: null,
    addresses: [],
    first_boot: null,
    agent: false,
    boot_archive: null,
    preinstalled: false,
  }
}

/** The entry at a path, looking through the overlays from the newest; null where there is none. */
export function entryAt(tree: FileTree, path: string): string | null {
  for (let index = tree.overlays.length - 1; index >= 0; index -= 1) {
    const entry = tree.overlays[index]?.entries.get(path)
    if (entry !== undefined) return entry
  }
  return null
}

/** Every path with its entry, the newest overlay winning. */
export function treeEntries(tree: FileTree): Map<string, string> {
  const merged = new Map<string, string>()
  for (const overlay of tree.overlays) {
    for (const [path, entry] of overlay.entries) {
      if (entry === null) merged.delete(path)
      else merged.set(path, entry)
    }
  }
  return merged
}

/** Names the files of a tree: two trees with one digest hold the same paths, modes, owners, links and contents. */
export function treeDigest(tree: FileTree): string {
  const hash = createHash('sha256')
  const entries = [...treeEntries(tree)].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [path, entry] of entries) hash.update(`${path}\0${entry}\n`)
  return hash.digest('hex')
}

/** The last overlay, which must be open: a layer has begun. */
export function openOverlay(tree: FileTree): Overlay {
  const overlay = tree.overlays.at(-1)
  if (tree.begun === null || !overlay) throw new Error('no layer has begun on this tree')
  return overlay
}
