/** One `${{ … }}` of a program. */
export interface Reference {
  readonly start: number
  readonly end: number
  /** Null when it is not `inputs.NAME`. */
  readonly input: string | null
  readonly text: string
}

/** Finds every `${{ … }}`, well-formed or not; one that never ends reaches to the end of its line. */
export function findReferences(program: string): Reference[] {
  return [...program.matchAll(/\$\{\{(?:([^}\n]*)\}\}|[^\n]*)/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    input: /^\s*inputs\.([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(match[1] ?? '')?.[1] ?? null,
    text: match[0],
  }))
}
