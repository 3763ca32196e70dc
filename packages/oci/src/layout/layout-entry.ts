/** What every entry has; `mtime` in seconds, 0 when left out, so that two runs give the same bytes. */
interface EntryBase {
  /** Relative to the image's root, with `/` between names. */
  readonly path: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  /** Raw values by name, such as `security.capability`. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
}

/** One entry of a layer to be packed. `file` reads its contents from a file when it is its turn. */
export type LayoutEntry =
  | (EntryBase & { readonly kind: 'file'; readonly content: Uint8Array | string | { readonly file: string } })
  | (EntryBase & { readonly kind: 'directory' })
  | (EntryBase & { readonly kind: 'symlink' | 'hardlink'; readonly target: string })
  | (EntryBase & { readonly kind: 'character' | 'block'; readonly major: number; readonly minor: number })
  | (EntryBase & { readonly kind: 'fifo' })
  /** Hides what lower layers have at the path. */
  | { readonly kind: 'whiteout'; readonly path: string }
  /** Hides all that lower layers have in the directory. */
  | { readonly kind: 'opaque'; readonly path: string }

/** A layer to be packed, in the order given. */
export interface LayoutLayer {
  readonly entries: Iterable<LayoutEntry> | AsyncIterable<LayoutEntry>
  readonly compression: 'gzip' | 'zstd' | 'none'
}

/** An image to be packed. */
export interface LayoutImage {
  /** `org.opencontainers.image.ref.name` in index.json; images of one name become one index of several platforms. */
  readonly name: string
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly labels?: Readonly<Record<string, string>>
  readonly layers: readonly LayoutLayer[]
  /** Media types of the manifest, configuration and layers; OCI when left out. */
  readonly family?: 'oci' | 'docker'
  /** Seconds since 1970 in the configuration's `created`; 0 when left out. */
  readonly created?: number
}
