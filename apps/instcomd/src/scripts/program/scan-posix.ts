/** Where an offset of a shell program lies, as far as quoting goes. */
export interface PosixPlace {
  readonly kind:
    | 'bare'
    | 'single'
    | 'double'
    | 'comment'
    | 'here'
    | 'here-quoted'
    | 'backtick'
    | 'arithmetic'
    | 'parameter'
  /** Where the simple command around it begins. */
  readonly commandStart: number
  /** For `here`: the command on whose line its `<<` stands, to the end of that line. */
  readonly hereCommand: string
}

interface Span {
  readonly start: number
  readonly end: number
}

type Mode = 'bare' | 'single' | 'ansi' | 'double' | 'backtick' | 'arithmetic' | 'parameter'
interface Level {
  readonly mode: Mode
  /** Open parentheses inside, for $( ) and $(( )). */
  depth: number
}
interface Here {
  readonly delimiter: string
  readonly isQuoted: boolean
  readonly stripsTabs: boolean
  readonly command: string
}

/** Reads a program once and tells for each span (in order, not overlapping) where its start lies. */
export function scanPosix(program: string, spans: readonly Span[]): PosixPlace[] {
  return new Scanner(program, spans).run()
}

/** Tables of what begins and ends; the rules are of POSIX 1-2024, 2.2 to 2.7, and bash's `$'…'` and `((`. */
class Scanner {
  readonly #text: string
  readonly #spans: Span[]
  readonly #places: PosixPlace[] = []
  readonly #levels: Level[] = [{ mode: 'bare', depth: 0 }]
  readonly #heres: Here[] = []
  #at = 0
  #commandStart = 0
  #lineStart = 0

  constructor(text: string, spans: readonly Span[]) {
    this.#text = text
    this.#spans = [...spans]
  }

  run(): PosixPlace[] {
    while (this.#at < this.#text.length) {
      if (this.#takeSpan(this.#top().mode)) continue
      this.#step()
      // An escape or an operator may have run into a reference: it is seen all the same.
      this.#at = Math.min(this.#at, this.#spans[0]?.start ?? this.#at)
    }
    return this.#places
  }

  #top(): Level {
    const level = this.#levels.at(-1)
    if (!level) throw new Error('the outermost level is never left')
    return level
  }

  /** Records the reference that begins here and jumps over it. */
  #takeSpan(mode: Mode | 'comment' | 'here' | 'here-quoted', hereCommand = ''): boolean {
    const [span] = this.#spans
    if (span?.start !== this.#at) return false
    this.#spans.shift()
    // Inside backticks every quoting is doubtful, at any depth.
    const inBackticks = this.#levels.some((level) => level.mode === 'backtick')
    const kind = mode === 'ansi' ? 'single' : inBackticks && mode !== 'comment' ? 'backtick' : mode
    this.#places.push({ kind, commandStart: this.#commandStart, hereCommand })
    this.#at = span.end
    return true
  }

  #is(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  #push(mode: Mode, skip: number): void {
    this.#levels.push({ mode, depth: 0 })
    this.#at += skip
    if (mode === 'bare') this.#commandStart = this.#at
  }

  #pop(skip: number): void {
    if (this.#levels.length > 1) this.#levels.pop()
    this.#at += skip
  }

  #step(): void {
    const { mode } = this.#top()
    if (mode === 'single') return this.#is("'") ? this.#pop(1) : this.#next()
    if (this.#is('\\')) return void (this.#at += 2)
    if (mode === 'ansi') return this.#is("'") ? this.#pop(1) : this.#next()
    if (this.#expansion(mode)) return
    if (mode === 'double') return this.#is('"') ? this.#pop(1) : this.#next()
    if (mode === 'parameter' && this.#is('}')) return this.#pop(1)
    if (mode === 'arithmetic') return this.#arithmetic()
    this.#code(mode)
  }

  #next(): void {
    if (this.#text[this.#at] === '\n') this.#lineStart = this.#at + 1
    this.#at += 1
  }

  /** What begins in code and in double quotes alike. */
  #expansion(mode: Mode): boolean {
    if (this.#is('$((')) this.#push('arithmetic', 3)
    else if (this.#is('$(')) this.#push('bare', 2)
    else if (this.#is('${')) this.#push('parameter', 2)
    else if (this.#is('`')) {
      if (mode === 'backtick') this.#pop(1)
      else this.#push('backtick', 1)
    } else return false
    return true
  }

  #arithmetic(): void {
    const level = this.#top()
    if (this.#is('(')) level.depth += 1
    else if (this.#is(')') && level.depth > 0) level.depth -= 1
    else if (this.#is('))')) return this.#pop(2)
    else if (this.#is(')')) return this.#pop(1)
    this.#next()
  }

  #code(mode: Mode): void {
    const level = this.#top()
    if (this.#is("$'")) return this.#push('ansi', 2)
    if (this.#is("'")) return this.#push('single', 1)
    if (this.#is('"')) return this.#push('double', 1)
    if (mode === 'parameter') return this.#next()
    if (this.#is('#') && /(?:^|[\s;&|(])$/.test(this.#text.slice(Math.max(0, this.#at - 1), this.#at)))
      return this.#comment()
    if (this.#is('<<<')) return void (this.#at += 3)
    if (this.#is('<<') && this.#here()) return
    if (this.#is('\n')) return this.#newline()
    if (this.#is('((') && /(?:^|[\s;&|!])$/.test(this.#text.slice(Math.max(0, this.#at - 1), this.#at)))
      return this.#push('arithmetic', 2)
    if (this.#is('(')) level.depth += 1
    if (this.#is(')') && level.depth === 0 && this.#levels.length > 1) return this.#pop(1)
    if (this.#is(')')) level.depth = Math.max(0, level.depth - 1)
    if (/[;&|()]/.test(this.#text[this.#at] ?? '')) this.#commandStart = this.#at + 1
    this.#next()
  }

  #comment(): void {
    while (this.#at < this.#text.length && !this.#is('\n')) if (!this.#takeSpan('comment')) this.#at += 1
  }

  #newline(): void {
    this.#at += 1
    for (const here of this.#heres.splice(0)) this.#body(here)
    this.#lineStart = this.#at
    this.#commandStart = this.#at
  }

  /** `<<WORD`, `<<-WORD`; false when it is a shift or has no word. */
  #here(): boolean {
    const match = /^<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|<>()'"\\])+)/.exec(
      this.#text.slice(this.#at, this.#at + 300),
    )
    if (!match) return false
    const word = match[2] ?? ''
    const lineEnd = this.#text.indexOf('\n', this.#at)
    this.#heres.push({
      delimiter: word.replace(/['"\\]/g, ''),
      isQuoted: /['"\\]/.test(word),
      stripsTabs: match[1] === '-',
      command: this.#text.slice(Math.max(this.#lineStart, this.#commandStart), lineEnd < 0 ? undefined : lineEnd),
    })
    this.#at += match[0].length
    return true
  }

  #body(here: Here): void {
    while (this.#at < this.#text.length) {
      const end = this.#text.indexOf('\n', this.#at)
      const stop = end < 0 ? this.#text.length : end
      const line = this.#text.slice(this.#at, stop)
      const isLast = (here.stripsTabs ? line.replace(/^\t+/, '') : line) === here.delimiter
      while (this.#at < stop)
        if (isLast || !this.#takeSpan(here.isQuoted ? 'here-quoted' : 'here', here.command)) this.#at += 1
      this.#at = Math.max(this.#at, stop) + 1
      if (isLast) return
    }
  }
}
