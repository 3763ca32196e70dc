/** Whether every word of a search stands in one of the parts, in whatever case; null and undefined parts hold none. */
export function matchesWords(
  search: string,
  parts: readonly (string | number | boolean | null | undefined)[],
): boolean {
  const text = parts.join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word))
}
