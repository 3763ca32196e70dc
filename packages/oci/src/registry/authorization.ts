import { Fault } from '@slipway/base'
import { z } from 'zod'
import type { Challenge } from './challenge.ts'
import { answerFault } from './answer-fault.ts'
import { readBody, readBounded, sendRequest, type Agents } from './exchange.ts'

/** What a token request needs to know of its registry. */
export interface TokenRequest {
  readonly challenge: Challenge
  /** Origin that asked for the token; a realm must not be less protected than it. */
  readonly origin: URL
  readonly scope: string
  readonly username?: string
  readonly password?: string
  readonly insecure: boolean
  readonly agents: Agents
  readonly userAgent: string
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

/** An Authorization header and until when it holds (milliseconds of the monotonic clock). */
export interface Authorization {
  readonly header: string
  readonly expiresAt: number
}

const tokenSchema = z.object({
  token: z.string().max(65536).optional(),
  access_token: z.string().max(65536).optional(),
  expires_in: z
    .number()
    .nonnegative()
    .max(86_400 * 365)
    .optional(),
})
/** distribution's token documentation: without expires_in a token holds 60 seconds. */
const defaultSeconds = 60
/** A token is not used in its last seconds, so that it does not expire on its way. */
const marginSeconds = 5
const longestTokenBody = 256 * 1024

/** Makes the header of Basic authentication (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/**
 * Fetches a Bearer token from the realm that the registry named, with the password when there is one, else anonymously.
 * Throws `registry-refused` when the realm refuses or is plain HTTP behind an HTTPS registry.
 * Source: distribution/distribution, docs/spec/auth/token.md.
 */
export async function fetchToken(request: TokenRequest): Promise<Authorization> {
  const url = realmUrl(request)
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': request.userAgent }
  const hadCredentials = request.username !== undefined
  if (hadCredentials) headers['authorization'] = basicHeader(request.username, request.password ?? '')
  const answer = await sendRequest({ ...request, url, method: 'GET', headers })
  const what = `a token for ${request.scope}`
  if (answer.statusCode !== 200) throw await answerFault(answer, { ...request, url, what, hadCredentials })
  const body = await readBounded(readBody(answer, url, request), longestTokenBody, 'a token answer')
  const parsed = tokenSchema.safeParse(parseJson(body))
  const token = parsed.success ? (parsed.data.token ?? parsed.data.access_token) : undefined
  if (!parsed.success || token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new Fault(
      'registry-refused',
      `${url.host} gave no usable token; check that it is the token service of ${request.origin.host}`,
    )
  }
  const seconds = Math.max(0, (parsed.data.expires_in ?? defaultSeconds) - marginSeconds)
  return { header: `Bearer ${token}`, expiresAt: performance.now() + seconds * 1000 }
}

function realmUrl(request: TokenRequest): URL {
  const { realm, service } = request.challenge.parameters
  const url = URL.parse(realm ?? '', request.origin)
  if (realm === undefined || url === null || !/^https?:$/.test(url.protocol)) {
    throw new Fault('registry-refused', `${request.origin.host} asks for a token without naming a legal token service`)
  }
  if (url.protocol === 'http:' && request.origin.protocol === 'https:' && !request.insecure) {
    throw new Fault(
      'registry-refused',
      `${request.origin.host} wants the token fetched over plain HTTP from ${url.host}; refused`,
    )
  }
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.append('scope', request.scope)
  if (request.username !== undefined) url.searchParams.set('account', request.username)
  return url
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}
