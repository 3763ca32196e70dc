/** One challenge of a WWW-Authenticate header; the scheme and parameter names are lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** A header longer than this is cut: no honest registry sends one. */
const longestHeader = 8192
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const quoted = /"((?:[^"\\]|\\.)*)"/y

/** Splits a WWW-Authenticate header (RFC 9110, 11.6.1) into its challenges; text that is none is left out. */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, longestHeader)
  const found: { scheme: string; parameters: Record<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return null
    at = pattern.lastIndex
    return match[1] ?? match[0]
  }
  while (at < text.length) {
    const word = take(token)
    if (word === null) {
      at += 1 // commas, spaces and whatever is no token
      continue
    }
    take(/[ \t]*/y)
    if (text[at] !== '=') {
      found.push({ scheme: word.toLowerCase(), parameters: {} })
      continue
    }
    at += 1
    take(/[ \t]*/y)
    const value = text[at] === '"' ? take(quoted)?.replace(/\\(.)/g, '$1') : take(token)
    const open = found.at(-1)
    if (open !== undefined && typeof value === 'string') open.parameters[word.toLowerCase()] = value
  }
  return found
}
