import { Fault } from '@slipway/base'
import { permissions, type Permission } from '@slipway/protocol'
import type { FastifyRequest } from 'fastify'
import type { Users } from '../users/service.ts'
import type { Principal } from './handler.ts'
import { isSameOrigin, sessionCookie } from './session-cookie.ts'

/** Stands for everybody where a route is open. */
export const nobody: Principal = { id: 'nobody', name: 'nobody', permission: 'open' }

/** Each permission contains those before it in the list (protocol, route.ts). */
export function mayDo(principal: Principal, permission: Permission): boolean {
  return permissions.indexOf(principal.permission) >= permissions.indexOf(permission)
}

/** Finds out who asks and whether the route's permission is theirs. Throws `not-authenticated`, `not-permitted`. */
export async function authenticate(
  request: FastifyRequest,
  permission: Permission,
  options: { users: Users; publicUrl: string | null },
): Promise<Principal> {
  if (permission === 'open') return nobody
  const principal = await identify(request, options)
  if (mayDo(principal, permission)) return principal
  throw new Fault(
    'not-permitted',
    `${principal.name} may ${principal.permission}, and this needs the permission to ${permission}; use a token that has it`,
    { details: { needed: permission, has: principal.permission } },
  )
}

async function identify(
  request: FastifyRequest,
  { users, publicUrl }: { users: Users; publicUrl: string | null },
): Promise<Principal> {
  const header = request.headers.authorization
  if (header !== undefined) {
    const token = /^Bearer ([\w-]{1,256})$/i.exec(header)?.[1]
    const principal = token === undefined ? null : await users.byToken(token)
    if (principal) return principal
    throw new Fault(
      'not-authenticated',
      'the token is not valid here, was revoked or has expired; the first one stands in admin.token in the server’s data directory',
    )
  }
  const secret = request.cookies[sessionCookie]
  if (secret === undefined)
    throw new Fault(
      'not-authenticated',
      'send "Authorization: Bearer TOKEN"; the first token stands in admin.token in the server’s data directory',
    )
  if (!isSameOrigin(request, publicUrl))
    throw new Fault('not-permitted', 'a browser session serves only pages of this server; programs send a Bearer token')
  const principal = await users.bySession(secret)
  if (principal) return principal
  throw new Fault(
    'not-authenticated',
    'the browser session has ended; open a new set-up link, which the server prints when it starts',
  )
}
