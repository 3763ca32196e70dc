import { Fault } from '@slipway/base'

/** No line of any stream of ours comes near this; more is a broken or hostile server. In characters. */
const maxLine = 8 << 20

/** Reads a response body line by line (`\n`), without the line ends. */
export async function* readLines(response: Response): AsyncGenerator<string> {
  if (!response.body) return
  let rest = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLine) throw new Fault('too-large', 'the server sent a line of more than 8 MiB')
    yield* lines
  }
  if (rest !== '') yield rest
}
