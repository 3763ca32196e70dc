import type { ExecutionOutput } from '@slipway/protocol'

export interface OutputLine {
  readonly key: number
  readonly stream: ExecutionOutput['stream']
  readonly text: string
}

/** Lines kept in the page; the whole output is a download away. */
export const mostLines = 20_000

/** Appends pieces of output: a piece goes on where the last one of its stream broke off. */
export function appendOutput(
  lines: readonly OutputLine[],
  pieces: readonly Pick<ExecutionOutput, 'stream' | 'data'>[],
): OutputLine[] {
  const all = [...lines]
  const nextKey = () => (all.at(-1)?.key ?? 0) + 1
  for (const { stream, data } of pieces) {
    const [head = '', ...rest] = data.replaceAll('\r\n', '\n').split('\n')
    const last = all.at(-1)
    // A line that is not yet ended is marked by nothing after it; another stream's piece ends it on the screen.
    if (last && last.stream === stream) all[all.length - 1] = { ...last, text: last.text + head }
    else if (head !== '' || rest.length > 0) all.push({ key: nextKey(), stream, text: head })
    for (const text of rest) all.push({ key: nextKey(), stream, text })
  }
  return all.length > mostLines ? all.slice(-mostLines) : all
}
