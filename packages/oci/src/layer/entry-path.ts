import { Fault } from '@slipway/base'

/**
 * Splits an entry's name into its parts: leading `/` and every `.` go, as GNU tar does. `..` and an endless name are refused.
 * The root itself is the empty list.
 */
export function splitEntryPath(name: string, what: string): string[] {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (!parts.includes('..')) return parts
  throw new Fault(
    'layer-unsafe',
    `a layer ${what} has the path "${name.slice(0, 200)}", which leads out of the target; the image is not safe to unpack`,
    {
      details: { path: name.slice(0, 1024) },
    },
  )
}

/** Tells whether a name can only be a whiteout's: no file of an image may have it. */
export function isReservedName(name: string): boolean {
  return name.startsWith('.wh.')
}

/** What a `.wh.` name asks for (image-spec layer.md, "Whiteouts"). */
export type Whiteout =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'ignored' }

/** Reads a whiteout's name; null when it is none. AUFS' own bookkeeping (`.wh..wh.*` but opaque) is ignored, as Docker does. */
export function parseWhiteout(name: string): Whiteout | null {
  if (!isReservedName(name)) return null
  if (name === '.wh..wh..opq') return { kind: 'opaque' }
  if (name.startsWith('.wh..wh.')) return { kind: 'ignored' }
  const hidden = name.slice('.wh.'.length)
  if (hidden !== '' && hidden !== '.' && hidden !== '..') return { kind: 'name', name: hidden }
  throw new Fault('layer-unsafe', `the whiteout "${name}" names no entry; the image is not safe to unpack`, {
    details: { path: name },
  })
}
