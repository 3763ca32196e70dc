import type { Command } from 'commander'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Writable } from 'node:stream'
import { Fault } from '@slipway/base'
import { Client } from '@slipway/client'
import { plainUrl, serverUrl } from '../connect.ts'
import { credentialsFile, writeCredentials } from '../credentials.ts'
import { print } from '../output/print.ts'

/** `slipway login [URL]`: keeps a server's address and a token for it, once the server took it. */
export function addLoginCommand(program: Command): void {
  program
    .command('login [url]')
    .description('keep a server’s address and token; the token is read from SLIPWAY_TOKEN, a pipe or the terminal')
    .action(async (given: string | undefined) => {
      const url = given === undefined ? serverUrl() : readUrl(given)
      const token = await readToken(url)
      // Any route that wants a token tells whether this one is good.
      await new Client({ url, token }).call('listMachines', { query: { limit: 1 } })
      writeCredentials({ url, token })
      print(`Logged in to ${url}. Address and token are stored in ${credentialsFile()} (readable by you alone).`)
      print('SLIPWAY_URL and SLIPWAY_TOKEN override them.')
    })
}

function readUrl(given: string): string {
  const url = URL.parse(given)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Fault('usage', `"${given}" is not the address of a server; write for example https://slipway.example.com`)
  return plainUrl(given)
}

/** Never an argument: every process list would show it. */
async function readToken(url: string): Promise<string> {
  const { stdin } = process
  const given = process.env.SLIPWAY_TOKEN ?? (stdin.isTTY ? await ask(`Token for ${url}: `) : await text(stdin))
  const token = given.trim()
  if (token !== '' && !/\s/.test(token)) return token
  throw new Fault('usage', 'no token was given; pipe it in (slipway login URL <token-file) or set SLIPWAY_TOKEN')
}

/** Asks on the terminal without showing what is typed. */
async function ask(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  lines.once('line', resolve)
  lines.once('SIGINT', () => reject(new Fault('cancelled', 'nothing was stored')))
  lines.once('close', () => resolve(''))
  try {
    return await promise
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
