import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type DomainState, domainStateSchema, treesOf } from './state.ts'
import { decodeOverlay, type Overlay, sealOverlay } from './tree/overlay.ts'

/** What a state file says: the last word on every domain. */
export interface ReadState {
  readonly counters: Record<string, number>
  readonly domains: Map<string, DomainState>
}

const lineSchema = z.object({
  counters: z.record(z.string(), z.number()),
  /** Null: removed. */
  domains: z.record(z.string(), domainStateSchema.nullable()),
})
const overlayLineSchema = z.object({ overlay: z.string() })
const referenceSchema = z.union([
  z.strictObject({ open_overlay: z.string() }),
  z.strictObject({ sealed_overlay: z.string() }),
])

/**
 * The one file of a simulated machine: lines of JSON, each a flush (what changed) or the text of a sealed overlay, which
 * stands before its first use and once. Appending keeps a flush cheap: replacing a file makes ext4 write its data out at
 * once (auto_da_alloc), 1 ms and more each. No fsync: the disks are models, and losing the whole host loses the lot.
 */
export class StateFile {
  readonly #path: string
  /** Keys of the overlays that the file holds. */
  #overlays = new Set<string>()
  bytes = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Null where there is no file yet. A last line that a dying process left torn does not count. */
  read(): ReadState | null {
    const lines = this.#readLines()
    if (!lines) return null
    const state: ReadState = { counters: {}, domains: new Map() }
    // Held here, because the shared ones are kept by their users alone.
    const overlays = new Map<string, Overlay>()
    for (const line of lines) this.#readLine(line, state, overlays)
    return state
  }

  append(counters: Readonly<Record<string, number>>, changes: ReadonlyMap<string, DomainState | null>): void {
    const text = this.#print(counters, changes)
    // 0600: the first-boot token is in it.
    appendFileSync(this.#path, text, { mode: 0o600 })
    this.bytes += text.length
  }

  rewrite(counters: Readonly<Record<string, number>>, domains: ReadonlyMap<string, DomainState>): void {
    this.#overlays = new Set()
    const text = this.#print(counters, domains)
    mkdirSync(dirname(this.#path), { recursive: true })
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
    this.bytes = text.length
  }

  #print(counters: Readonly<Record<string, number>>, domains: ReadonlyMap<string, DomainState | null>): string {
    const overlays = [...domains.values()]
      .flatMap((state) => (state ? treesOf(state) : []))
      .flatMap((tree) => tree.overlays)
    let text = ''
    for (const overlay of overlays) {
      if (overlay.key === null || this.#overlays.has(overlay.key)) continue
      this.#overlays.add(overlay.key)
      text += `${JSON.stringify({ overlay: overlay.encode() })}\n`
    }
    return `${text}${JSON.stringify({ counters, domains: Object.fromEntries(domains) })}\n`
  }

  #readLines(): string[] | null {
    try {
      return readFileSync(this.#path, 'utf8').split('\n').slice(0, -1) // whole lines alone
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
  }

  #readLine(line: string, state: ReadState, overlays: Map<string, Overlay>): void {
    try {
      const value: unknown = JSON.parse(line, (_key, part: unknown) => resolveOverlay(part, overlays))
      const text = overlayLineSchema.safeParse(value)
      if (text.success) {
        const overlay = sealOverlay(decodeOverlay(text.data.overlay))
        if (overlay.key !== null) overlays.set(overlay.key, overlay)
        return
      }
      const { counters, domains } = lineSchema.parse(value)
      Object.assign(state.counters, counters)
      for (const [name, domain] of Object.entries(domains)) {
        if (domain === null) state.domains.delete(name)
        else state.domains.set(name, domain)
      }
    } catch (error) {
      const message = `the simulated machine’s state in ${this.#path} cannot be read; delete it to start with new disks`
      throw new Error(message, { cause: error })
    }
  }
}

/** Puts the overlay in the place of its name. */
function resolveOverlay(value: unknown, overlays: ReadonlyMap<string, Overlay>): unknown {
  const reference = typeof value === 'object' && value !== null ? referenceSchema.safeParse(value) : null
  if (!reference?.success) return value
  if ('open_overlay' in reference.data) return decodeOverlay(reference.data.open_overlay)
  return overlays.get(reference.data.sealed_overlay)
}
