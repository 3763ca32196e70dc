// INVARIANTS
// - A shell never parses the value of an expanded parameter again: `${INPUT_X}` is data wherever it expands. What is left are
//   the places where it does not expand (single quotes, quoted here-documents, escapes) and those that evaluate their text
//   once more (arithmetic, eval, a shell's -c, a here-document fed to a shell): all of these are findings.
// - A mistake of this scanner about quotes can split a value into words, never run it.
import { unreachable } from '@slipway/base'
import type { Placement, PlacedReference } from './render-program.ts'
import { scanPosix, type PosixPlace } from './scan-posix.ts'

/** Commands whose arguments are code, or evaluated as an expression. */
const evaluator = String.raw`(?:\S*/)?(?:eval|trap|alias|let|(?:declare|typeset|local)\s+-\S*i|su\s[^;&|\n]*-\w*c|ssh|[gm]?awk|sed|perl\b[^;&|\n]*\s-\w*e|python[0-9.]*\b[^;&|\n]*\s-\w*c|node\b[^;&|\n]*\s-\w*e)\s`
/** What may stand before the command itself. */
const prefix = String.raw`^\s*(?:(?:then|do|else|elif|if|while|until|time|!|\{)\s+|\w+=\S*\s+)*`
const wrapper = String.raw`(?:sudo|doas|env|exec|command|nohup|nice|timeout|setsid|chroot|runuser|xargs|find)\s[^"']*?`
const evaluators = new RegExp(`${prefix}(?:${wrapper})?${evaluator}`)
/** A shell with -c takes its text as code wherever it stands in the command. */
const shellCode = /(?:^|[\s/])(?:ba|da|z|k|mk|a)?sh\b[^;&|\n]*\s-\w*c\s/
/** Programs that read code from standard input: of a here-document, or at the end of a pipe. */
const interpreter = String.raw`(?:\S*/)?(?:(?:ba|da|z|k|mk|a)?sh|ssh|python[0-9.]*|perl|ruby|node|psql|mysql)\b`
const readsHere = new RegExp(String.raw`(?:^|[\s;&|(])${interpreter}[^;&|\n]*<<`)
const pipesInto = new RegExp(String.raw`\|\s*(?:sudo\s+)?${interpreter}(?!\s[^|;&\n]*[./\w]+\.\w)`)
const arithmeticTest = /\[\[[^\]]*(?:-eq|-ne|-lt|-le|-gt|-ge)\b/

/** Places references in programs of bash and POSIX shells. */
export function placePosix(program: string, references: readonly PlacedReference[]): readonly Placement[] {
  const places = scanPosix(
    program,
    references.map(({ start, end }) => ({ start, end })),
  )
  return references.map((reference, index) => {
    const place = places[index]
    if (!place) throw new Error(`the scan did not reach ${reference.text}`) // it visits every offset
    return placeOne(program, reference, place)
  })
}

function placeOne(program: string, reference: PlacedReference, place: PosixPlace): Placement {
  const name = `\${${reference.variable}}`
  if (program[reference.start - 1] === '\\')
    return problem('stands behind a backslash', `remove the backslash: the reference is quoted by itself`)
  const command = program.slice(place.commandStart, reference.start)
  const isPlain = reference.type === 'number' || reference.type === 'boolean'
  if (!isPlain && place.kind !== 'comment' && (evaluators.test(command) || shellCode.test(command)))
    return problem(
      'is given to something that runs or parses its arguments as code',
      `let that code read the variable itself: "$${reference.variable}" inside single quotes of its own shell, or hand the value over as an argument`,
    )
  if (
    !isPlain &&
    (place.kind === 'bare' || place.kind === 'double') &&
    pipesInto.test(program.slice(reference.end, lineEnd(program, reference)))
  )
    return problem(
      'is piped into a program that runs it as code',
      `let that code read the variable itself: $${reference.variable}`,
    )
  switch (place.kind) {
    case 'bare':
      if (arithmeticTest.test(lineOf(program, reference)) && !isPlain)
        return problem(
          'is compared as a number, which evaluates it',
          'make it an input of type number, or compare with =',
        )
      return { text: `"${name}"` }
    case 'double':
    case 'comment':
      return { text: name }
    case 'here':
      if ((readsHere.test(place.hereCommand) || pipesInto.test(place.hereCommand)) && !isPlain)
        return problem(
          'is in a here-document that a program runs as code',
          `quote the delimiter and use $${reference.variable} in that code`,
        )
      return { text: name }
    case 'here-quoted':
      return problem(
        'is in a here-document with a quoted delimiter, where nothing is expanded',
        'remove the quotes around the delimiter',
      )
    case 'single':
      return problem('is inside single quotes, where nothing is expanded', 'use double quotes there')
    case 'backtick':
      return problem('is inside backticks, whose quoting is not reliable', 'write $( … ) in place of the backticks')
    case 'arithmetic':
      if (isPlain) return { text: name }
      return problem('is in an arithmetic expression, which would evaluate it', 'make it an input of type number')
    case 'parameter':
      return problem('is inside a ${ … } expansion', `put it into a variable first: value=$${reference.variable}`)
    default:
      return unreachable(place.kind)
  }
}

function lineOf(program: string, reference: PlacedReference): string {
  return program.slice(program.lastIndexOf('\n', reference.start - 1) + 1, lineEnd(program, reference))
}

function lineEnd(program: string, { end }: PlacedReference): number {
  const at = program.indexOf('\n', end)
  return at < 0 ? program.length : at
}

function problem(what: string, cure: string): Placement {
  return { problem: what, cure }
}
