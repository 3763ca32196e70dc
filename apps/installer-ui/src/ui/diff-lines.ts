import { diffArrays } from 'diff'

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
  /** Unique within the comparison. */
  readonly key: string
}

/** The lines of both texts in order, each told to be of both, of the second only, or of the first only. */
export function diffLines(before: string, after: string): DiffLine[] {
  return diffArrays(before.split('\n'), after.split('\n'))
    .flatMap(({ value, added, removed }) => {
      const kind = added ? ('added' as const) : removed ? ('removed' as const) : ('same' as const)
      return value.map((text) => ({ kind, text }))
    })
    .map((line, index) => ({ ...line, key: `${index}` }))
}
