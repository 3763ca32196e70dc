/** The last line of an output that says something. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trimEnd() ?? ''
}
