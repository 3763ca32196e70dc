/** Filters of a page in its address: plain words, `?status=offline&q=rack-7`, never JSON. */
export type PageSearch = Readonly<Record<string, string | undefined>>

export function parseSearch(text: string): PageSearch {
  return Object.fromEntries(new URLSearchParams(text))
}

export function printSearch(search: Record<string, unknown>): string {
  const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== '' && value !== null)
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString()
  return text === '' ? '' : `?${text}`
}
