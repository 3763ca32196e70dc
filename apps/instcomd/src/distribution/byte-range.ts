export type RangeAnswer =
  /** No range, several, or one that is not understood: the whole file (RFC 9110, 14.2 lets a server ignore them). */
  | { readonly kind: 'whole' }
  /** `end` is excluded. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

/** Reads a Range header for a file of `size` bytes. Source: RFC 9110, 14.1.2 and 15.5.17. */
export function parseRange(header: string | undefined, size: number): RangeAnswer {
  const match = /^bytes=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return { kind: 'whole' }
  if (first === '') return part(size - Math.min(Number(last), size), size, size)
  if (last !== '' && Number(last) < Number(first)) return { kind: 'whole' }
  return part(Number(first), last === '' ? size : Math.min(Number(last) + 1, size), size)
}

function part(start: number, end: number, size: number): RangeAnswer {
  return start >= size || start >= end ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}
