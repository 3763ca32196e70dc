import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import type { Agents } from './exchange.ts'

/** Tells whether a `host[:port]` is this machine; Docker trusts such registries without TLS, and so do we. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host)
}

/** Makes the connection pools of one registry; certificates go unverified when told so, and on loopback. */
export function makeAgents(insecure: boolean, ca: string | undefined): Agents {
  const trusted = ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }
  const plain = new http.Agent({ keepAlive: true })
  const verified = new https.Agent({ keepAlive: true, ...trusted })
  const unverified = new https.Agent({ keepAlive: true, rejectUnauthorized: false })
  return {
    pick(url) {
      if (url.protocol === 'http:') return plain
      // A redirect or token service elsewhere is verified even when a loopback registry sent us there.
      return insecure || isLoopback(url.host) ? unverified : verified
    },
    destroy() {
      for (const agent of [plain, verified, unverified]) agent.destroy()
    },
  }
}
