// INVARIANTS
// - A shell never parses the value of an expanded parameter again: `${INPUT_X}` is data wherever it expands. What is left are
//   the places where it does not expand (single quotes, quoted here-documents, escapes) and those that evaluate their text
//   once more (arithmetic, eval, a shell's -c, a here-document fed to a shell): all of these are findings.
// - A mistake of this scanner about quotes can split a value into words, never run it.
import { unreachable } from '@slipway/base'
import type { Placement, PlacedReference } from './render-program.ts'
import { scanPosix, type PosixPlace } from './scan-posix.ts'

/** Words that take the rest of their command as code. */
const evaluators =
  /(?:^|[\s;&|(])(?:eval|source|trap|alias|let|declare\s+-\S*i|typeset\s+-\S*i|(?:ba|da|z|k|mk|a)?sh\b[^;&|\n]*\s-\w*c|su\b[^;&|\n]*\s-\w*c|ssh|awk|sed|perl\b[^;&|\n]*\s-\w*e|python[0-9.]*\b[^;&|\n]*\s-\w*c|node\b[^;&|\n]*\s-\w*e|xargs|find\b[^;&|\n]*-exec)\s/
/** Commands that read code from standard input. */
const interpreters = /(?:^|[\s;&|(/])(?:(?:ba|da|z|k|mk|a)?sh|ssh|python[0-9.]*|perl|ruby|node|psql|mysql)\b[^;&|\n]*$/
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
  if (!isPlain && place.kind !== 'comment' && evaluators.test(` ${command}`))
    return problem(
      'is given to something that runs or parses its arguments as code',
      `let that code read the variable itself: "$${reference.variable}" inside single quotes of its own shell, or hand the value over as an argument`,
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
      if (interpreters.test(place.hereCommand) && !isPlain)
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

function lineOf(program: string, { start, end }: PlacedReference): string {
  const from = program.lastIndexOf('\n', start - 1) + 1
  const to = program.indexOf('\n', end)
  return program.slice(from, to < 0 ? program.length : to)
}

function problem(what: string, cure: string): Placement {
  return { problem: what, cure }
}
