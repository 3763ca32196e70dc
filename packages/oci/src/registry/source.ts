import type { IncomingMessage } from 'node:http'
import { Fault } from '@slipway/base'
import { isLoopback, makeAgents } from './agents.ts'
import { answerFault } from './answer-fault.ts'
import { basicHeader, fetchToken, type Authorization } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import { networkCode, sendRequest, type Agents } from './exchange.ts'
import type { RegistryOptions } from './options.ts'

/** One server that may have the image: the registry itself or a mirror of it. */
export interface Source {
  /** `host[:port]`, for messages. */
  readonly name: string
  /** Sends a GET below `/v2/<repository>/`, authorised, redirects followed; answers other than `accept` throw. */
  request(ask: SourceRequest): Promise<{ answer: IncomingMessage; url: URL }>
  /** Closes idle connections. */
  close(): void
}

/** What is asked of a source. */
export interface SourceRequest {
  readonly repository: string
  /** `manifests/latest` or `blobs/sha256:…`. */
  readonly path: string
  /** How messages call it. */
  readonly what: string
  readonly headers: Readonly<Record<string, string>>
  readonly accept: readonly number[]
  readonly signal: AbortSignal
}

/** distribution-spec names no bound; browsers and curl stop much later, registries need one or two. */
const mostRedirects = 5
const redirects = new Set([301, 302, 303, 307, 308])

/** Makes a source from `host[:port]` or a URL and the options of that host (not of the registry that it mirrors). */
export function makeSource(
  address: string,
  options: Partial<RegistryOptions>,
  common: { userAgent: string; idleTimeoutMs: number },
): Source {
  const fixed = /^https?:\/\//i.test(address) ? new URL(address) : null
  const name = fixed?.host ?? address
  const insecure = options.insecure === true || isLoopback(name)
  const agents = makeAgents(options.insecure === true, options.ca)
  const tokens = new Map<string, Authorization>()
  let base: URL | null = fixed ?? (insecure ? null : new URL(`https://${apiHost(address)}`))

  async function send(
    url: URL,
    ask: SourceRequest,
    header: string | undefined,
  ): Promise<{ answer: IncomingMessage; url: URL }> {
    let target = url
    for (let hop = 0; ; hop += 1) {
      const headers: Record<string, string> = { 'user-agent': common.userAgent, ...ask.headers }
      // Credentials go to the registry's own origin only, never along a redirect.
      if (header !== undefined && target.origin === url.origin) headers['authorization'] = header
      const answer = await sendRequest({ ...common, url: target, method: 'GET', headers, agents, signal: ask.signal })
      if (!redirects.has(answer.statusCode ?? 0)) return { answer, url: target }
      answer.destroy()
      target = nextHop(target, answer.headers.location, insecure)
      if (hop >= mostRedirects)
        throw new Fault('registry-unreachable', `${name} redirects more than ${mostRedirects} times for ${ask.what}`)
    }
  }

  async function authorize(
    challenged: IncomingMessage,
    origin: URL,
    scope: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(challenged.headers['www-authenticate'] ?? '')
    const bearer = challenges.find((one) => one.scheme === 'bearer')
    const { username, password } = options
    if (bearer !== undefined) {
      const credentials = username === undefined ? {} : { username, password: password ?? '' }
      const got = await fetchToken({
        ...common,
        ...credentials,
        challenge: bearer,
        origin,
        scope,
        insecure,
        agents,
        signal,
      })
      tokens.set(scope, got)
      return got.header
    }
    if (challenges.some((one) => one.scheme === 'basic') && username !== undefined) {
      const header = basicHeader(username, password ?? '')
      tokens.set(scope, { header, expiresAt: Infinity })
      return header
    }
    return undefined
  }

  function known(scope: string): string | undefined {
    const held = tokens.get(scope)
    return held !== undefined && held.expiresAt > performance.now() ? held.header : undefined
  }

  return {
    name,
    close() {
      agents.destroy()
    },
    async request(ask) {
      base ??= await findScheme(name, { ...common, agents, signal: ask.signal })
      const repository = apiRepository(name, ask.repository)
      const url = new URL(`${base.href.replace(/\/$/, '')}/v2/${repository}/${ask.path}`)
      const scope = `repository:${repository}:pull`
      let got = await send(url, ask, known(scope))
      // A 401 behind a redirect is the other host's business: its challenge must not get this registry's password.
      if (got.answer.statusCode === 401 && got.url.origin === url.origin) {
        got.answer.destroy()
        tokens.delete(scope)
        const header = await authorize(got.answer, base, scope, ask.signal)
        if (header !== undefined) got = await send(url, ask, header)
        else throw refused(name, ask.what, got.answer, options.username !== undefined)
      }
      if (ask.accept.includes(got.answer.statusCode ?? 0)) return got
      const hadCredentials = options.username !== undefined
      throw await answerFault(got.answer, {
        ...common,
        url: got.url,
        what: ask.what,
        hadCredentials,
        signal: ask.signal,
      })
    },
  }
}

function refused(name: string, what: string, answer: IncomingMessage, hadCredentials: boolean): Fault {
  const scheme = answer.headers['www-authenticate'] ?? 'none'
  const cure = hadCredentials
    ? 'it offers no authentication that we know'
    : 'set username and password_file for this registry'
  return new Fault('registry-refused', `${name} answered HTTP 401 for ${what}; ${cure}`, {
    details: { source: name, status: 401, challenge: scheme.slice(0, 200) },
  })
}

// What a TLS client sees when the other side speaks plain HTTP.
const notTls = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ECONNRESET'])

/** Insecure registries may speak either: TLS is tried first, so that a password is not sent in clear without need. */
async function findScheme(
  name: string,
  ask: { agents: Agents; idleTimeoutMs: number; userAgent: string; signal: AbortSignal },
): Promise<URL> {
  const secure = new URL(`https://${name}`)
  try {
    const answer = await sendRequest({
      ...ask,
      url: new URL('/v2/', secure),
      method: 'GET',
      headers: { 'user-agent': ask.userAgent },
    })
    answer.destroy()
    return secure
  } catch (error) {
    if (ask.signal.aborted || !notTls.has(networkCode(error) ?? '')) throw error
    return new URL(`http://${name}`)
  }
}

function nextHop(from: URL, location: string | undefined, insecure: boolean): URL {
  const to = location === undefined ? null : URL.parse(location, from)
  if (to === null || !/^https?:$/.test(to.protocol)) {
    throw new Fault('registry-unreachable', `${from.host} redirects to nowhere`, { details: { source: from.origin } })
  }
  if (from.protocol === 'https:' && to.protocol === 'http:' && !insecure) {
    throw new Fault('registry-refused', `${from.host} redirects to plain HTTP at ${to.host}; refused`, {
      details: { source: from.origin },
    })
  }
  to.username = ''
  to.password = ''
  return to
}

// Docker Hub's API lives on another host than its name, and its one-part names are below library/.
const hub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])
const apiHost = (name: string): string => (hub.has(name) ? 'registry-1.docker.io' : name)
const apiRepository = (name: string, repository: string): string =>
  hub.has(name) && !repository.includes('/') ? `library/${repository}` : repository
