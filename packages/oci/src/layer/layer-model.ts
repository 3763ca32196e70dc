// INVARIANTS
// - Paths given to the target have real directories as parents: every link on the way was resolved here, inside the root.
// - A path of this layer is never asked of the target and never removed: the archive may not be unpacked up to it yet.
// - Names are compared byte by byte: the target's file system must be case-sensitive and must not normalise.
import { Fault } from '@slipway/base'
import { makeNode, type LayerNode } from './layer-node.ts'
import type { EntryKind, LayerTarget } from './layer-target.ts'
import { overLimit, type LayerLimits } from './limits.ts'

/** A real directory below the root with all directories above it. */
export interface Place {
  readonly path: readonly string[]
  readonly nodes: readonly LayerNode[]
  /** Directories that are missing and must be made first. */
  readonly missing: readonly string[]
}

/** As Linux (40) and more than illumos (20): path_resolution(7). */
const mostLinks = 40

/** What stands at the target and what this layer puts there, as one tree; changes lower layers only. */
export class LayerModel {
  private readonly target: LayerTarget
  private readonly limits: LayerLimits
  private readonly root: LayerNode
  private readonly deferred = new Map<string, LayerNode>()

  constructor(target: LayerTarget, limits: LayerLimits) {
    this.target = target
    this.limits = limits
    this.root = { ...makeNode('directory', { own: false }), own: true, lowerEmpty: false }
  }

  /** Follows `names` as a process whose root is the target would; null where something is missing and `create` is false. */
  async walk(names: readonly string[], create: boolean): Promise<Place | null> {
    const path: string[] = []
    const nodes = [this.root]
    const missing: string[] = []
    const ahead = names.toReversed()
    let links = 0
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (name === '' || name === '.') continue
      if (name === '..') {
        if (path.pop() !== undefined) nodes.pop()
        continue
      }
      const here = at(nodes)
      let node = await this.child(here, path, name)
      if (node?.kind === 'symlink') {
        links += 1
        if (links > mostLinks)
          throw new Fault('layer-unsafe', `layer entry "${names.join('/')}" goes through more than ${mostLinks} links`)
        if (node.link.startsWith('/')) restart(path, nodes)
        ahead.push(...node.link.split('/').toReversed())
        continue
      }
      if (node === null) {
        if (!create) return null
        node = makeNode('directory', { own: true })
        here.children.set(name, node)
        for (const above of nodes) above.holdsOwn = true
        missing.push(joined(path, name))
      }
      if (node.kind !== 'directory') {
        throw new Fault(
          'image-invalid',
          `layer entry "${names.join('/')}" is below "${joined(path, name)}", which is no directory`,
        )
      }
      this.checkPath(path, name)
      path.push(name)
      nodes.push(node)
    }
    return { path, nodes, missing }
  }

  /** What is at a name of a place now; null when nothing. */
  async look(place: Place, name: string): Promise<LayerNode | null> {
    return this.child(at(place.nodes), place.path, name)
  }

  /** Makes room for an entry and notes it; what lower layers have there goes, unless both are directories. */
  async put(place: Place, name: string, kind: EntryKind, link = ''): Promise<string> {
    const parent = at(place.nodes)
    const full = this.checkPath(place.path, name)
    const found = await this.child(parent, place.path, name)
    for (const above of place.nodes) above.holdsOwn = true
    if (found !== null && (found.own || found.pinned || found.holdsOwn)) return this.putAgain(found, full, kind, link)
    if (found?.kind === 'directory' && kind === 'directory') {
      found.own = true
      return full
    }
    if (found !== null) await this.target.remove(full)
    parent.children.set(name, makeNode(kind, { own: true, link }))
    return full
  }

  /** Keeps a lower entry in place until the archive is unpacked, because an entry is hard-linked to it. */
  pin(place: Place, node: LayerNode): void {
    if (node.own) return
    node.pinned = true
    for (const above of place.nodes) above.holdsOwn = true
  }

  /** A whiteout: removes what lower layers have at a name, and nothing of this layer. True: the directory must be made anew. */
  async hide(place: Place, name: string): Promise<boolean> {
    const parent = at(place.nodes)
    const found = await this.child(parent, place.path, name)
    const full = joined(place.path, name)
    if (found === null || (found.own && found.kind !== 'directory')) return false
    if (found.kind !== 'directory' || !(found.own || found.holdsOwn)) {
      await this.drop(parent, name, full, found)
      return false
    }
    await this.clear(found, full)
    const again = !found.own
    found.own = true
    return again
  }

  /** An opaque marker: removes all that lower layers have in a directory. */
  async hideChildren(place: Place): Promise<void> {
    await this.clear(at(place.nodes), place.path.join('/'))
  }

  /** Removes what had to wait for the archive; call once it is unpacked. */
  async finish(): Promise<void> {
    for (const [path, node] of this.deferred) {
      if (node.pinned && !node.own) await this.target.remove(path)
    }
  }

  private putAgain(found: LayerNode, full: string, kind: EntryKind, link: string): string {
    // GNU tar without -P keeps the first of two links at a path, others the second: no image needs that.
    const isOtherLink = kind === 'symlink' && found.link !== link
    if (found.kind !== kind || kind === 'other' || isOtherLink) {
      throw new Fault(
        'image-invalid',
        `the layer has "${full}" both as ${found.kind} and as ${kind}; push the image again`,
      )
    }
    found.own = true
    this.deferred.delete(full)
    return full
  }

  private async clear(directory: LayerNode, full: string): Promise<void> {
    if (directory.lowerEmpty) return
    for (const name of await this.target.readdir(full)) {
      const below = full === '' ? name : `${full}/${name}`
      const node = directory.children.get(name)
      if (node?.own === true && node.kind !== 'directory') continue
      if (node?.kind === 'directory' && (node.own || node.holdsOwn)) await this.clear(node, below)
      else await this.drop(directory, name, below, node ?? null)
    }
    directory.lowerEmpty = true
  }

  private async drop(parent: LayerNode, name: string, full: string, node: LayerNode | null): Promise<void> {
    if (node?.pinned === true) {
      this.deferred.set(full, node)
      return
    }
    await this.target.remove(full)
    parent.children.delete(name)
    parent.lowerNames?.delete(name)
  }

  private async child(parent: LayerNode, path: readonly string[], name: string): Promise<LayerNode | null> {
    const known = parent.children.get(name)
    if (known !== undefined) return known
    if (parent.lowerEmpty) return null
    parent.lowerNames ??= new Set(await this.target.readdir(path.join('/')))
    if (!parent.lowerNames.has(name)) return null
    const full = joined(path, name)
    const found = await this.target.lstat(full)
    if (found === null) return null
    const node = makeNode(found.kind, { own: false })
    if (found.kind === 'symlink') node.link = await this.target.readlink(full)
    parent.children.set(name, node)
    return node
  }

  private checkPath(path: readonly string[], name: string): string {
    const full = joined(path, name)
    if (Buffer.byteLength(name) > this.limits.maxNameBytes)
      throw overLimit('a name of too many bytes', this.limits.maxNameBytes)
    // Bytes are counted only where they could be too many: a character has at most 3 bytes per UTF-16 unit.
    if (full.length * 3 > this.limits.maxPathBytes && Buffer.byteLength(full) > this.limits.maxPathBytes) {
      throw overLimit('a path of too many bytes', this.limits.maxPathBytes)
    }
    return full
  }
}

function at(nodes: readonly LayerNode[]): LayerNode {
  const last = nodes.at(-1)
  if (last === undefined) throw new Fault('internal', 'a place without a root')
  return last
}

function restart(path: string[], nodes: LayerNode[]): void {
  path.length = 0
  nodes.length = 1
}

function joined(path: readonly string[], name: string): string {
  return path.length === 0 ? name : `${path.join('/')}/${name}`
}
