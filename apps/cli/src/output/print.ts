/** Prints a text and a line end on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints a value as indented JSON, for `--json`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}
