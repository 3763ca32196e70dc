const closers: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' }

/**
 * One pass over a PowerShell script: comments, here-strings and strings are recognized as about_Quoting_Rules and about_Comments
 * describe them. Calls back for each piece of code and each string.
 */
function scan(
  text: string,
  see: (piece: { kind: 'code' | 'string'; text: string; at: number }) => void,
): number | null {
  const token = /#>|<#|#[^\n]*|@'\r?\n|@"\r?\n|`[\s\S]|'|"|[^#<@`'"]+|[<@]/g
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [word] = match
    const at = match.index
    const close = endOf(word)
    if (close === null) {
      if (!word.startsWith('#')) see({ kind: 'code', text: word, at })
      continue
    }
    close.lastIndex = token.lastIndex
    const found = close.exec(text)
    if (!found) return at
    token.lastIndex = found.index + found[0].length
    if (word !== '<#') see({ kind: 'string', text: text.slice(at, token.lastIndex), at })
  }
  return null
}

/** What ends a comment or a string that began with this; null for all else. A doubled quote is one of the string's own. */
function endOf(word: string): RegExp | null {
  if (word === '<#') return /#>/g
  if (word.startsWith("@'")) return /\n'@/g
  if (word.startsWith('@"')) return /\n"@/g
  if (word === "'") return /(?:''|[^'])*'/gy
  return word === '"' ? /(?:""|`[\s\S]|[^"`])*"/gy : null
}

/** The code alone: comments are gone and each string is `''`. */
export function stripPowershell(text: string): string {
  const pieces: string[] = []
  scan(text, ({ kind, text: piece }) => pieces.push(kind === 'code' ? piece : "''"))
  return pieces.join('')
}

/** Code and double-quoted strings, whose variables are read too; single-quoted ones are gone. */
export function withoutInterpolation(text: string): string {
  const pieces: string[] = []
  scan(text, ({ text: piece }) => pieces.push(/^@?'/.test(piece) ? "''" : piece))
  return pieces.join('')
}

/** Null when every bracket and string is closed; else which one is not. */
export function checkBalance(text: string): string | null {
  const open: { bracket: string; at: number }[] = []
  let wrong: string | null = null
  const line = (at: number) => text.slice(0, at).split('\n').length
  const unfinished = scan(text, ({ kind, text: piece, at }) => {
    if (kind === 'string' || wrong !== null) return
    for (const [offset, character] of Array.from(piece).entries()) {
      if (character in closers) open.push({ bracket: character, at: at + offset })
      else if (Object.values(closers).includes(character) && closers[open.pop()?.bracket ?? ''] !== character)
        wrong = `${character} of line ${line(at + offset)} closes nothing`
    }
  })
  if (unfinished !== null) return `the string of line ${line(unfinished)} does not end`
  const [last] = open.slice(-1)
  return wrong ?? (last ? `${last.bracket} of line ${line(last.at)} is not closed` : null)
}
