import { createHash } from 'node:crypto'

/**
 * What one layer put into a tree: path → entry, or null where it removed what was below.
 * An entry is one line that names kind, mode, owner and content: `f 644 0 0 1234 8f3a…`; two equal lines are two equal
 * files. Sealed overlays are shared between all simulated machines of a process that hold the same layer.
 */
export class Overlay {
  readonly entries: Map<string, string | null>
  #encoded: string | null = null

  constructor(entries: Map<string, string | null> = new Map()) {
    this.entries = entries
  }

  /** Only for an overlay that is still open: a sealed one is shared. */
  set(path: string, entry: string | null): void {
    this.#encoded = null
    this.entries.set(path, entry)
  }

  /** The first so many entries: what a power cut left of a layer that was being written. */
  truncate(count: number): Overlay {
    return new Overlay(new Map([...this.entries].slice(0, count)))
  }

  /** Fields separated by NUL, which no path contains; `-` is a removal. */
  toJSON(): string {
    this.#encoded ??= [...this.entries].map(([path, entry]) => `${path}\0${entry ?? '-'}`).join('\0')
    return this.#encoded
  }
}

const shared = new Map<string, WeakRef<Overlay>>()
const forget = new FinalizationRegistry<string>((key) => {
  if (shared.get(key)?.deref() === undefined) shared.delete(key)
})

/** Ends the writing of an overlay; gives back the one with the same content that is already in memory, if any. */
export function sealOverlay(overlay: Overlay): Overlay {
  const key = createHash('sha256').update(overlay.toJSON()).digest('base64')
  const known = shared.get(key)?.deref()
  if (known) return known
  shared.set(key, new WeakRef(overlay))
  forget.register(overlay, key)
  return overlay
}

/** Reads what `toJSON` wrote. */
export function decodeOverlay(text: string): Overlay {
  const overlay = new Overlay()
  if (text === '') return overlay
  const fields = text.split('\0')
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const entry = fields[index + 1] ?? '-'
    overlay.entries.set(fields[index] ?? '', entry === '-' ? null : entry)
  }
  return sealOverlay(overlay)
}
