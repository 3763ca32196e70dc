import type { ScriptFile, ScriptInput } from '@slipway/protocol'
import { environmentName } from '../input-environment.ts'
import type { RawFinding } from '../script-finding.ts'
import { findReferences, type Reference } from './find-references.ts'
import { placeCmd } from './place-cmd.ts'
import { placePosix } from './place-posix.ts'
import { placePowershell } from './place-powershell.ts'

/** What a shell's rules say of one reference: the text to write there, or why none is safe. */
export type Placement = { readonly text: string } | { readonly problem: string; readonly cure: string }

/** One reference with the name of its variable, for the shells' rules. */
export interface PlacedReference extends Reference {
  readonly variable: string
  readonly type: ScriptInput['type']
}

/** Decides for every reference of a program, in order. */
export type PlaceReferences = (program: string, references: readonly PlacedReference[]) => readonly Placement[]

const rules: Record<ScriptFile['shell'], PlaceReferences> = {
  bash: placePosix,
  sh: placePosix,
  powershell: placePowershell,
  cmd: placeCmd,
}

/** Delayed expansion reads a variable after cmd has parsed the line: the value cannot become code. */
const cmdPrefix = '@setlocal EnableExtensions EnableDelayedExpansion\r\n'

/**
 * Turns `${{ inputs.x }}` into references to environment variables, quoted for the shell: a value never becomes part of
 * the program's text. Where no reference is safe, or nothing would be expanded, there is a finding instead.
 */
export function renderProgram(script: Pick<ScriptFile, 'shell' | 'script' | 'inputs'>): {
  readonly program: string
  readonly findings: readonly RawFinding[]
} {
  const { script: text, shell, inputs } = script
  const types = new Map(inputs.map(({ name, type }) => [name, type]))
  const found = findReferences(text)
  const known = found.flatMap((reference): PlacedReference[] => {
    const type = reference.input === null ? undefined : types.get(reference.input)
    return reference.input !== null && type !== undefined
      ? [{ ...reference, variable: environmentName(reference.input), type }]
      : []
  })
  const findings = found.filter((one) => !known.some(({ start }) => start === one.start)).map(unknownReference)
  const placements = known.length > 0 ? rules[shell](text, known) : []
  let program = ''
  let from = 0
  for (const [index, reference] of known.entries()) {
    const placement = placements[index]
    if (!placement) throw new Error(`no placement for ${reference.text}`) // the rules answer for each
    program += text.slice(from, reference.start)
    if ('text' in placement) program += placement.text
    else findings.push(unsafe(reference, placement))
    from = reference.end
  }
  program += text.slice(from)
  const prefixed = shell === 'cmd' && known.length > 0 ? cmdPrefix + program : program
  return { program: prefixed, findings: findings.sort((a, b) => (a.at ?? 0) - (b.at ?? 0)) }
}

function unknownReference({ input, text, start }: Reference): RawFinding {
  const [message, cure] =
    input === null
      ? [`${text.slice(0, 64)} is not a reference to an input`, 'write ${{ inputs.NAME }}']
      : [`the program uses input ${input}, which is not defined`, `define it under inputs, or correct the name`]
  return { severity: 'error', code: 'reference-unknown', message, cure, path: ['script'], at: start }
}

function unsafe({ text, start }: Reference, { problem, cure }: { problem: string; cure: string }): RawFinding {
  return {
    severity: 'error',
    code: 'reference-unsafe',
    message: `${text} ${problem}`,
    cure,
    path: ['script'],
    at: start,
  }
}
