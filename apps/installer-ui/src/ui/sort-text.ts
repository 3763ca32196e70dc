import type { Sort } from './DataTable.tsx'

/** A sort as it stands in an address: `status`, or `-status` for the other way round. */
export function printSort({ key, down }: Sort): string {
  return down ? `-${key}` : key
}

export function parseSort(text: string | undefined): Sort | null {
  if (text === undefined || text === '') return null
  return text.startsWith('-') ? { key: text.slice(1), down: true } : { key: text, down: false }
}
