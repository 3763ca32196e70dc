import { createInterface } from 'node:readline/promises'
import { Fault } from '@slipway/base'

/** Asks for a word before data is lost. Without a terminal nobody can be asked: nothing is touched, exit 2. */
export async function confirm(word: string, why: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Fault('usage', `${why} and there is no terminal to ask; run again with --yes to confirm it`)
  const question = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await question.question(`\nThis destroys the data listed above. Type ${word} to go on: `)
  question.close()
  if (answer.trim() !== word) throw new Fault('cancelled', 'not confirmed; nothing was touched')
}
