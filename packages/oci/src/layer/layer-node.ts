import type { EntryKind } from './layer-target.ts'

/** One path as it will be once this layer stands; children are known only where this layer went. */
export interface LayerNode {
  kind: EntryKind
  /** Target of a symbolic link; '' for other kinds. */
  link: string
  /** Written by this layer (an entry, or a missing parent that was made). */
  own: boolean
  /** Of lower layers, but an entry of this layer is hard-linked to it, so it must stand until the archive is unpacked. */
  pinned: boolean
  /** Has something own or pinned below. */
  holdsOwn: boolean
  /** Nothing of lower layers is below that is not among the children, so the target need not be asked. */
  lowerEmpty: boolean
  children: Map<string, LayerNode>
  /** Names that the target has here, once read. */
  lowerNames: Set<string> | null
}

/** Shared by all that is no directory: a layer has many files, and nothing is ever put below one. */
const childless = new Map<string, LayerNode>()

/** Makes a node; a directory that this layer makes anew has nothing of lower layers below. */
export function makeNode(kind: EntryKind, more: { own: boolean; link?: string }): LayerNode {
  return {
    kind,
    link: more.link ?? '',
    own: more.own,
    pinned: false,
    holdsOwn: false,
    lowerEmpty: more.own,
    children: kind === 'directory' ? new Map() : childless,
    lowerNames: null,
  }
}
