import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import { Client } from '@slipway/client'
import { readCredentials } from './credentials.ts'
import { defaultDataDir, demoDataDir } from './data-dir.ts'

/** Where the server is: SLIPWAY_URL, else where this user logged in, else this computer. */
export function serverUrl(env: NodeJS.ProcessEnv = process.env): string {
  return plainUrl(env.SLIPWAY_URL ?? readCredentials(env)?.url ?? 'http://127.0.0.1:4000')
}

/** One spelling of an address. */
export function plainUrl(url: string): string {
  return url.replace(/\/+$/, '')
}

/**
 * A client for the server at SLIPWAY_URL or of the login, with SLIPWAY_TOKEN, the token of the login to that very
 * server, or the one that a server of this user wrote.
 */
export function connect(env: NodeJS.ProcessEnv = process.env): Client {
  const url = serverUrl(env)
  const tokens = env.SLIPWAY_TOKEN ? [env.SLIPWAY_TOKEN] : readTokens(url, env)
  if (tokens.length === 0) {
    throw new Fault(
      'not-authenticated',
      `no token for ${url}: run slipway login, set SLIPWAY_TOKEN, or run where ${join(defaultDataDir(env), 'admin.token')} can be read; is a server running (npm start)?`,
    )
  }
  return new Client({ url, token: null, fetch: fetchWithTokens(tokens) })
}

/**
 * The login's first, for its own server alone; then the server's own data directory, then the demo's: all may exist, and
 * only the server knows which is its own.
 */
function readTokens(url: string, env: NodeJS.ProcessEnv): string[] {
  const login = readCredentials(env)
  const own = login?.url === url ? [login.token] : []
  if (own.length > 0 && !isThisComputer(url)) return own // another computer's server has no business with our tokens
  const files = [join(defaultDataDir(env), 'admin.token'), join(demoDataDir(env), 'admin.token')]
  return [...own, ...files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8').trim())]
}

function isThisComputer(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(URL.parse(url)?.hostname ?? '')
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
