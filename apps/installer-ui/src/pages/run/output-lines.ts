import type { ExecutionOutput } from '@slipway/protocol'

export interface OutputLine {
  readonly key: number
  readonly stream: ExecutionOutput['stream']
  /** As it was written; `readableLine` makes it fit for the eye. */
  readonly text: string
  /** No line feed came yet: what its stream writes next belongs to it. */
  readonly isOpen: boolean
}

/** Lines kept in the page; the whole output is a download away. */
export const mostLines = 20_000

/** Appends pieces of output: a piece goes on where the last one broke off, unless another stream wrote in between. */
export function appendOutput(
  lines: readonly OutputLine[],
  pieces: readonly Pick<ExecutionOutput, 'stream' | 'data'>[],
): OutputLine[] {
  const all = [...lines]
  for (const { stream, data } of pieces) {
    const parts = data.split('\n')
    for (const [index, text] of parts.entries()) {
      const isOpen = index === parts.length - 1
      if (isOpen && text === '') break // the piece ended with its line
      const last = all.at(-1)
      if (last?.isOpen === true && last.stream === stream)
        all[all.length - 1] = { ...last, text: last.text + text, isOpen }
      else all.push({ key: (last?.key ?? 0) + 1, stream, text, isOpen })
    }
  }
  return all.length > mostLines ? all.slice(-mostLines) : all
}

// ECMA-48: colours and other wishes to a terminal.
const terminalWishes = new RegExp(String.raw`\u001B\[[0-9;?]*[ -/]*[@-~]`, 'gu')

/** A line as a terminal would leave it standing: without colour codes, and what came after the last carriage return. */
export function readableLine(text: string): string {
  const shown = text.replace(terminalWishes, '').replace(/\r+$/u, '')
  return shown.slice(shown.lastIndexOf('\r') + 1)
}
