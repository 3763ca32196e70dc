import type { Placement, PlacedReference } from './render-program.ts'

/** What parses its arguments again, or runs them in a shell of its own, where the value would be code. */
const evaluators =
  /(?:^|[\s&|(@])(?:call|cmd(?:\.exe)?|start|powershell(?:\.exe)?|pwsh(?:\.exe)?)\s|\bfor\s+\/f\b[^\n]*\(\s*['`][^'`\n]*$/i
const turnsOff = /setlocal\s[^\n]*DisableDelayedExpansion/i
const turnsOn = /setlocal\s[^\n]*EnableDelayedExpansion/i

/**
 * Places references in cmd batch programs as `!INPUT_X!`. `%INPUT_X%` would be pasted into the line before cmd parses it, so
 * a value could become code; delayed expansion happens after parsing (`setlocal /?`, `cmd /?`). The program gets
 * `setlocal EnableDelayedExpansion` in front, which makes every other `!` special: such programs get a finding.
 */
export function placeCmd(program: string, references: readonly PlacedReference[]): readonly Placement[] {
  const other = references.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), program)
  const hasForeignMark = other.includes('!') && !turnsOn.test(other)
  return references.map(({ start, variable }) => {
    const line = program.slice(program.lastIndexOf('\n', start - 1) + 1, start)
    if (turnsOff.test(program.slice(0, start)))
      return problem('comes behind DisableDelayedExpansion, where it is not expanded', 'remove that setlocal')
    if (hasForeignMark)
      return problem(
        'needs delayed expansion, under which the other “!” of this program would vanish',
        'remove the other “!”, or write them as ^! with your own setlocal EnableDelayedExpansion',
      )
    if (evaluators.test(line))
      return problem(
        'is given to something that parses its arguments again',
        `let that program read the variable ${variable} itself`,
      )
    if (program[start - 1] === '^') return problem('stands behind a caret', 'remove the caret')
    return { text: `!${variable}!` }
  })
}

function problem(what: string, cure: string): Placement {
  return { problem: what, cure }
}
