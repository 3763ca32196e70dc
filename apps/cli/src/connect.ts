import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import { Client } from '@slipway/client'
import { defaultDataDir, demoDataDir } from './data-dir.ts'

/** A client for the server at SLIPWAY_URL, with SLIPWAY_TOKEN or the token that a server of this user wrote. */
export function connect(env: NodeJS.ProcessEnv = process.env): Client {
  const url = (env.SLIPWAY_URL ?? 'http://127.0.0.1:4000').replace(/\/+$/, '')
  const tokens = env.SLIPWAY_TOKEN ? [env.SLIPWAY_TOKEN] : readTokens(env)
  if (tokens.length === 0) {
    throw new Fault(
      'not-authenticated',
      `no token: set SLIPWAY_TOKEN, or run where ${join(defaultDataDir(env), 'admin.token')} can be read; is a server running (npm start)?`,
    )
  }
  return new Client({ url, token: null, fetch: fetchWithTokens(tokens) })
}

/** The server's own data directory first, then the demo's: both may exist, and only the server knows which is its own. */
function readTokens(env: NodeJS.ProcessEnv): string[] {
  const files = [join(defaultDataDir(env), 'admin.token'), join(demoDataDir(env), 'admin.token')]
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8').trim())
}

function fetchWithTokens(tokens: readonly string[]): typeof fetch {
  let known = 0
  return async (input, init) => {
    for (;;) {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${tokens[known] ?? ''}`)
      const response = await fetch(input, { ...init, headers })
      if (response.status !== 401 || known === tokens.length - 1) return response
      known += 1
    }
  }
}
