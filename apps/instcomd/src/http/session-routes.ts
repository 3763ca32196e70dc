import { Fault } from '@slipway/base'
import { routes, type Session } from '@slipway/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FailureLimit } from '../enrollments/failure-limit.ts'
import { sessionSeconds, type Users } from '../users/service.ts'
import { authenticate } from './authenticate.ts'
import type { Handlers, Principal } from './handler.ts'
import { parsePart } from './parse-part.ts'
import { cookieOptions, isSameOrigin, sessionCookie } from './session-cookie.ts'

export interface SessionRouteOptions {
  readonly users: Users
  readonly publicUrl: string | null
  readonly version: string
  /** Whether this listener speaks TLS: then the cookie never travels without it. */
  readonly secure: boolean
}

/** Signing in and out: the answers that set and clear the session's cookie. */
export function registerSessionRoutes(app: FastifyInstance, options: SessionRouteOptions): void {
  const { users, publicUrl, version, secure } = options
  const limit = new FailureLimit()
  app.post(routes.openSession.path, async (request, reply) => {
    if (!isSameOrigin(request, publicUrl) && request.headers.origin !== undefined)
      throw new Fault('not-permitted', 'a session is opened by pages of this server; programs send a Bearer token')
    limit.check(request.ip)
    const signedIn = await users.signIn(readToken(request))
    if (!signedIn) {
      limit.failed(request.ip)
      throw new Fault(
        'not-authenticated',
        'this token is not valid here, was revoked or has expired; the first one stands in admin.token in the server’s data directory',
      )
    }
    return reply
      .setCookie(sessionCookie, signedIn.secret, cookieOptions(secure, sessionSeconds))
      .header('cache-control', 'no-store')
      .status(201)
      .send(describeSession(signedIn.principal, version))
  })
  app.delete(routes.closeSession.path, async (request, reply) => {
    await authenticate(request, routes.closeSession.permission, { users, publicUrl })
    const secret = request.cookies[sessionCookie]
    if (secret !== undefined) await users.closeSession(secret)
    return reply.clearCookie(sessionCookie, cookieOptions(secure, 0)).status(204).send()
  })
}

/** Who is signed in, and links for other devices. */
export function sessionRoutes(version: string, makeSetupUrl: () => Promise<string>): Handlers {
  return {
    getSession: ({ principal }) => Promise.resolve(describeSession(principal, version)),
    createSetupLink: async () => ({ url: await makeSetupUrl() }),
  }
}

function describeSession({ name, permission }: Principal, version: string): Session {
  return { principal: { name, permission }, version }
}

function readToken(request: FastifyRequest): string {
  return (parsePart('body', routes.openSession.body, request.body) as { token: string }).token // by that schema
}
