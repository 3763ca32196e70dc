import { unreachable } from '@slipway/base'
import type { Placement, PlacedReference } from './render-program.ts'

/** What runs its text as code. */
const evaluators =
  /\b(?:Invoke-Expression|iex|powershell(?:\.exe)?|pwsh(?:\.exe)?|cmd(?:\.exe)?|Add-Type|Invoke-Command|Start-Process)\b|\[scriptblock\]::Create/i

type Mode = 'bare' | 'single' | 'double' | 'comment' | 'here-single' | 'here-double'

/**
 * Places references in PowerShell programs. A variable is one value there, never split and never parsed again, so it needs
 * no quotes; `${env:…}` so that text behind it does not join its name (about_Variables, about_Quoting_Rules).
 */
export function placePowershell(program: string, references: readonly PlacedReference[]): readonly Placement[] {
  const modes = scan(program, references)
  return references.map((reference, index) => placeOne(program, reference, modes[index] ?? 'bare'))
}

function placeOne(program: string, reference: PlacedReference, mode: Mode): Placement {
  const { start, variable } = reference
  const line = program.slice(program.lastIndexOf('\n', start - 1) + 1, start)
  if (mode === 'single' || mode === 'here-single')
    return problem('is inside single quotes, where nothing is expanded', 'use double quotes there')
  if (mode !== 'comment' && program[start - 1] === '`')
    return problem('stands behind a backtick', 'remove the backtick')
  if (mode !== 'comment' && evaluators.test(line))
    return problem('is given to something that runs its text as code', `let that code read $env:${variable} itself`)
  if (mode !== 'comment' && /^[^\n]*\|\s*(?:iex|Invoke-Expression)\b/i.test(program.slice(reference.end)))
    return problem('is piped into something that runs it as code', `let that code read $env:${variable} itself`)
  if (mode === 'bare' && /(?:^|[;|({=])\s*&?\s*$/.test(line) && /&\s*$/.test(line))
    return problem('names the command to run', 'write the command into the program')
  return { text: `\${env:${variable}}` }
}

/** Ends and escapes by mode; `$(` inside double quotes goes back to code until its parenthesis closes. */
function scan(text: string, references: readonly PlacedReference[]): Mode[] {
  const modes: Mode[] = []
  const stack: { mode: Mode; depth: number }[] = [{ mode: 'bare', depth: 0 }]
  const waiting = [...references]
  for (let at = 0; at < text.length;) {
    const top = stack.at(-1) ?? { mode: 'bare', depth: 0 }
    const [next] = waiting
    if (next?.start === at) {
      modes.push(top.mode)
      waiting.shift()
      at = next.end
    } else at = Math.min(at + step(text, at, top, stack), next?.start ?? Infinity)
  }
  return modes
}

function step(
  text: string,
  at: number,
  top: { mode: Mode; depth: number },
  stack: { mode: Mode; depth: number }[],
): number {
  const starts = (word: string) => text.startsWith(word, at)
  const push = (mode: Mode, length: number) => (stack.push({ mode, depth: 0 }), length)
  const pop = (length: number) => (stack.length > 1 && stack.pop(), length)
  switch (top.mode) {
    case 'single':
      return starts("''") ? 2 : starts("'") ? pop(1) : 1
    case 'here-single':
      return starts("\n'@") ? pop(3) : 1
    case 'comment':
      return starts('#>') && top.depth === 1 ? pop(2) : starts('\n') && top.depth === 0 ? pop(0) : 1
    case 'here-double':
      return starts('\n"@') ? pop(3) : starts('$(') ? push('bare', 2) : starts('`') ? 2 : 1
    case 'double':
      return starts('`') || starts('""') ? 2 : starts('"') ? pop(1) : starts('$(') ? push('bare', 2) : 1
    case 'bare':
      return bare(text, at, top, stack)
    default:
      return unreachable(top.mode)
  }
}

function bare(text: string, at: number, top: { depth: number }, stack: { mode: Mode; depth: number }[]): number {
  const starts = (word: string) => text.startsWith(word, at)
  const push = (mode: Mode, length: number, depth = 0) => (stack.push({ mode, depth }), length)
  if (starts('`')) return 2
  if (starts('<#')) return push('comment', 2, 1)
  if (starts('#') && /[\s;({]|^$/.test(text[at - 1] ?? '')) return push('comment', 1)
  if (starts("@'")) return push('here-single', 2)
  if (starts('@"')) return push('here-double', 2)
  if (starts("'")) return push('single', 1)
  if (starts('"')) return push('double', 1)
  if (starts('(')) top.depth += 1
  if (starts(')')) {
    if (top.depth === 0 && stack.length > 1) stack.pop()
    else top.depth = Math.max(0, top.depth - 1)
  }
  return 1
}

function problem(what: string, cure: string): Placement {
  return { problem: what, cure }
}
