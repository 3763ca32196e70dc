import { createHash } from 'node:crypto'

/**
 * What one layer put into a tree: path → entry, or null where it removed what was below.
 * An entry is one line that names kind, mode, owner and content: `f 644 0 0 1234 8f3a…`; two equal lines are two equal
 * files. A sealed overlay never changes again, has its digest as `key`, and is shared between all simulated machines of
 * a process that hold the same layer.
 */
export class Overlay {
  readonly entries: Map<string, string | null>
  readonly key: string | null

  constructor(entries: Map<string, string | null> = new Map(), key: string | null = null) {
    this.entries = entries
    this.key = key
  }

  /** Only for an overlay that is still open. */
  set(path: string, entry: string | null): void {
    if (this.key !== null) throw new Error('a sealed overlay is shared and never changes')
    this.entries.set(path, entry)
  }

  /** The first so many entries: what a power cut left of a layer that was being written. */
  truncate(count: number): Overlay {
    return new Overlay(new Map([...this.entries].slice(0, count)))
  }

  /** Fields separated by NUL, which no path contains; `-` is a removal. */
  encode(): string {
    return [...this.entries].map(([path, entry]) => `${path}\0${entry ?? '-'}`).join('\0')
  }

  /** A sealed one is kept once and named wherever it is used. */
  toJSON(): OverlayReference {
    return this.key === null ? { open_overlay: this.encode() } : { sealed_overlay: this.key }
  }
}

/** How an overlay stands in a file. */
export type OverlayReference = { readonly open_overlay: string } | { readonly sealed_overlay: string }

const shared = new Map<string, WeakRef<Overlay>>()
const forget = new FinalizationRegistry<string>((key) => {
  if (shared.get(key)?.deref() === undefined) shared.delete(key)
})

/** Ends the writing of an overlay; gives back the one with the same content that is already in memory, if any. */
export function sealOverlay(overlay: Overlay): Overlay {
  const key = createHash('sha256').update(overlay.encode()).digest('hex')
  const known = shared.get(key)?.deref()
  if (known) return known
  const sealed = new Overlay(overlay.entries, key)
  shared.set(key, new WeakRef(sealed))
  forget.register(sealed, key)
  return sealed
}

/** Reads what `encode` wrote. */
export function decodeOverlay(text: string): Overlay {
  const overlay = new Overlay()
  if (text === '') return overlay
  const fields = text.split('\0')
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const entry = fields[index + 1] ?? '-'
    overlay.entries.set(fields[index] ?? '', entry === '-' ? null : entry)
  }
  return overlay
}
