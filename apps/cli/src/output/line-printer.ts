/** Writes pieces of text with a prefix before each line; without a prefix, as they come. */
export class LinePrinter {
  readonly #target: { write(text: string): unknown }
  readonly #prefix: string
  #rest = ''

  constructor(target: { write(text: string): unknown }, prefix: string) {
    this.#target = target
    this.#prefix = prefix
  }

  /** With a prefix only whole lines are written, so that those of several machines do not mix. */
  write(text: string): void {
    if (this.#prefix === '') return void this.#target.write(text)
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#target.write(`${this.#prefix}${line}\n`)
  }

  /** Writes what has no end of line. */
  end(): void {
    if (this.#rest !== '') this.#target.write(`${this.#prefix}${this.#rest}\n`)
    this.#rest = ''
  }
}
