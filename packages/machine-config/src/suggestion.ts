/** Finds the word that was probably meant: the nearest by edits, if near enough for its length. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  // A name of hundreds of letters is no typing mistake; the bound also keeps hostile text cheap.
  if (written.length > 64) return undefined
  const lower = written.toLowerCase()
  const allowed = Math.max(1, Math.floor(written.length / 3))
  let best: { word: string; distance: number } | undefined
  for (const word of words) {
    const distance = editDistance(lower, word.toLowerCase())
    if (distance <= allowed && (!best || distance < best.distance)) best = { word, distance }
  }
  return best?.word
}

/** Writes the beginning of a cure: "Did you mean `x`?" or nothing. */
export function didYouMean(written: string, words: readonly string[]): string {
  const word = nearestWord(written, words)
  return word === undefined ? '' : `Did you mean \`${word}\`? `
}

/** Counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(before, j - 2) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
