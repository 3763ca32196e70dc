import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who may pull, and how a registry asks who it is (distribution-spec 1.1; docs/spec/auth/token.md of distribution). */
export interface Guard {
  readonly scheme: 'basic' | 'bearer'
  readonly username: string
  readonly password: string
}

/** Lets a request through, or answers it and returns false. */
export interface Admission {
  admits(request: IncomingMessage, response: ServerResponse): boolean
  /** Everything that must never be seen outside the requests: password, Basic header, tokens handed out. */
  secrets(): string[]
}

/** Makes the guard's door; `bearer` has its token service at `/token`, which wants the password. */
export function makeAdmission(guard: Guard): Admission {
  const basic = Buffer.from(`${guard.username}:${guard.password}`).toString('base64')
  const tokens = new Set<string>()
  const isKnown = ({ headers }: IncomingMessage) => headers.authorization === `Basic ${basic}`

  function giveToken(request: IncomingMessage, response: ServerResponse): boolean {
    if (!isKnown(request)) return refuse(response, 'Basic realm="tokens"')
    const token = randomBytes(24).toString('base64url')
    tokens.add(token)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }))
    return false
  }

  return {
    secrets: () => [guard.password, basic, ...tokens],
    admits(request, response) {
      if (guard.scheme === 'basic') return isKnown(request) || refuse(response, 'Basic realm="test"')
      if (request.url?.startsWith('/token')) return giveToken(request, response)
      const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
      return tokens.has(token) || refuse(response, `Bearer realm="http://${request.headers.host}/token",service="test"`)
    },
  }
}

function refuse(response: ServerResponse, challenge: string): false {
  const body = JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })
  response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': challenge }).end(body)
  return false
}
