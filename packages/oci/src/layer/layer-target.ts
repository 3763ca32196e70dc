/** What kind of thing stands at a path. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'other'

/**
 * What a layer is unpacked into; packages/host implements it for Linux, illumos and the simulated machine.
 * Paths are relative to the target's root with `/` between names, without a leading slash; '' is the root itself.
 */
export interface LayerTarget {
  /** Never follows the last link; null when nothing is there. */
  lstat(path: string): Promise<{ kind: EntryKind } | null>
  readlink(path: string): Promise<string>
  readdir(path: string): Promise<string[]>
  /** Removes whatever is there with all below it; never follows links; nothing there is fine. */
  remove(path: string): Promise<void>
  /** Unpacks a sanitised tar stream to its end: numeric owners, modes, extended attributes, devices. */
  extract(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
}
