import type { FastifyRequest } from 'fastify'

/** The browser's session; `__Host-` would be better but needs TLS, which loopback has not. */
export const sessionCookie = 'slipway_session'

/** The cookie's attributes: no script reads it, no other site sends it. */
export function cookieOptions(secure: boolean, maxAgeSeconds: number) {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure, maxAge: maxAgeSeconds } as const
}

/**
 * Tells whether a request with a cookie comes from our own pages. Browsers send `Origin` with WebSockets and with
 * everything but plain same-origin GETs; those say `Sec-Fetch-Site` (Fetch standard).
 */
export function isSameOrigin(request: FastifyRequest, publicUrl: string | null): boolean {
  const { origin } = request.headers
  if (origin === undefined) {
    const site = request.headers['sec-fetch-site']
    const isSafe = request.method === 'GET' || request.method === 'HEAD'
    const isUpgrade = request.headers.upgrade !== undefined
    return isSafe && !isUpgrade && (site === undefined || site === 'same-origin' || site === 'none')
  }
  const own = [`${request.protocol}://${request.headers.host}`, publicUrl ? new URL(publicUrl).origin : null]
  return own.includes(origin)
}
