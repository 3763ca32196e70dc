/** Joins names for a sentence: "a, b and c". */
export function listWords(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

/** Shows text from outside in a message: control characters made visible, length bounded. */
export function shown(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}…` : text
  const visible = short.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (letter) => `\\u{${letter.charCodeAt(0).toString(16)}}`,
  )
  return `\`${visible.toWellFormed()}\``
}
