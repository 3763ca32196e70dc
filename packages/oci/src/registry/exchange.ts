import http from 'node:http'
import https from 'node:https'
import { Fault } from '@slipway/base'

/** One HTTP request as it goes out. */
export interface HttpRequest {
  readonly url: URL
  readonly method: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly agents: Agents
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

/** The connection pools of one registry: chooses by address, as the trust differs. */
export interface Agents {
  pick(url: URL): http.Agent
  destroy(): void
}

/** Sends one request and waits for its header; network trouble and silence throw `registry-unreachable`. */
export function sendRequest(request: HttpRequest): Promise<http.IncomingMessage> {
  const { url, method, headers, agents, signal, idleTimeoutMs } = request
  const { request: open } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const sent = open(url, { method, headers, signal, agent: agents.pick(url) })
    const timer = setTimeout(() => sent.destroy(idleError(idleTimeoutMs)), idleTimeoutMs)
    sent.once('response', (answer) => {
      clearTimeout(timer)
      resolve(answer)
    })
    sent.on('error', (cause) => {
      clearTimeout(timer)
      reject(signal.aborted ? signal.reason : networkFault(url, cause))
    })
    sent.end()
  })
}

/**
 * Yields the body; a pause of the *sender* over `idleTimeoutMs` or a cut connection throws `registry-unreachable`.
 * Time the reader takes does not count. Leaving early closes the connection.
 */
export async function* readBody(
  answer: http.IncomingMessage,
  url: URL,
  limits: { idleTimeoutMs: number; signal: AbortSignal },
): AsyncGenerator<Buffer> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer> // no encoding is set, so chunks are Buffers
  try {
    for (;;) {
      const timer = setTimeout(() => answer.destroy(idleError(limits.idleTimeoutMs)), limits.idleTimeoutMs)
      const next = await chunks.next().finally(() => clearTimeout(timer))
      if (next.done === true) return
      yield next.value
    }
  } catch (cause) {
    throw limits.signal.aborted ? limits.signal.reason : networkFault(url, cause)
  } finally {
    answer.destroy()
  }
}

/** Reads a whole body of at most `limit` bytes; more throws `image-invalid`. */
export async function readBounded(body: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > limit)
      throw new Fault('image-invalid', `${what} is larger than the ${limit} bytes allowed`, { details: { limit } })
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The code that the system gave a network error, such as ECONNREFUSED; null when there is none. */
export function networkCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error instanceof Fault) return networkCode(error.cause)
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return networkCode(error.errors[0])
  return networkCode(error.cause)
}

// OpenSSL's X509_V_ERR names as Node gives them, for certificates that another try does not make better.
const distrust = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** An error in one line: OpenSSL's are cut down to their reason, and the errors of several addresses stand side by side. */
export function errorWords(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(errorWords).join('; ')
  if (!(error instanceof Error)) return String(error)
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1]
  return (reason === undefined ? error.message : `TLS: ${reason}`).trim() || (networkCode(error) ?? error.name)
}

function networkFault(url: URL, cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  const words = errorWords(cause)
  if (distrust.has(networkCode(cause) ?? '')) {
    return new Fault(
      'certificate-refused',
      `the certificate of ${url.host} is not trusted: ${words}; trust its authority, or set insecure for this registry`,
      { cause, details: { source: url.origin, error: networkCode(cause) } },
    )
  }
  const code = networkCode(cause)
  return new Fault(
    'registry-unreachable',
    `${url.origin} cannot be reached or broke the connection: ${words}; ${cureOf(code, url)}`,
    { cause, details: { source: url.origin, error: code ?? words } },
  )
}

function cureOf(code: string | null, url: URL): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `check how ${url.hostname} is spelt, and the DNS server of this machine`
  if (code === 'ECONNREFUSED') return 'nothing listens there: start the registry, or correct its port'
  if (code === 'ECONNRESET' || code === 'EPIPE') return "see the registry's log"
  return 'check its address and the route to it'
}

function idleError(ms: number): Error {
  return Object.assign(new Error(`no byte came for ${ms} ms`), { code: 'ETIMEDOUT' })
}
