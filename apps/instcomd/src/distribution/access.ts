import type { FastifyRequest } from 'fastify'
import type { Configuration } from '../configuration/configuration.ts'
import type { Database } from '../database/database.ts'
import { isAllowed } from '../enrollments/service.ts'
import { hashSecret } from '../users/secret-text.ts'
import { DistributionError } from './distribution-error.ts'
import { findAgentToken, findSpentAgentToken } from './store.ts'

export interface AccessDeps {
  readonly database: Database
  readonly limits: Pick<Configuration['distribution'], 'allowed_networks' | 'require_token'>
  /** Whether the request carries the token or session of somebody who may read. */
  mayRead(request: FastifyRequest): Promise<boolean>
}

const challenge = { 'www-authenticate': 'Bearer' }

/** Decides who may download (security.md, "Listeners"; `distribution.*` of the configuration). */
export class Access {
  readonly #deps: AccessDeps

  constructor(deps: AccessDeps) {
    this.#deps = deps
  }

  /** Throws 403 for an address outside of `allowed_networks`; 401 without a token where `require_token` asks for one. */
  async download(request: FastifyRequest): Promise<void> {
    const { allowed_networks, require_token } = this.#deps.limits
    if (!isAllowed(allowed_networks, addressOf(request)))
      throw new DistributionError(403, 'This address is in none of distribution.allowed_networks')
    if (!require_token) return
    const token = readToken(request)
    if (token !== null && (await findAgentToken(this.#deps.database, hashSecret(token))) !== null) return
    if (await this.#deps.mayRead(request)) return
    throw new DistributionError(
      401,
      'A token is needed: it is per machine, and ends with the first handshake',
      challenge,
    )
  }

  /** Throws 401 without a token of that machine or of somebody who may read. */
  async health(request: FastifyRequest, machineId: string): Promise<void> {
    const { allowed_networks } = this.#deps.limits
    if (!isAllowed(allowed_networks, addressOf(request)))
      throw new DistributionError(403, 'This address is in none of distribution.allowed_networks')
    const token = readToken(request)
    if (token !== null && (await findSpentAgentToken(this.#deps.database, hashSecret(token))) === machineId) return
    if (await this.#deps.mayRead(request)) return
    throw new DistributionError(401, 'A token of this machine, or of somebody who may read, is needed', challenge)
  }
}

/** Without the zone of a link-local address, which no network names. */
function addressOf(request: FastifyRequest): string {
  return request.ip.replace(/%.*$/, '')
}

/** `Authorization: Bearer`, or `?token=` for fetchers of unattended installers that can set no header. */
function readToken(request: FastifyRequest): string | null {
  const header = /^Bearer ([\w-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1]
  if (header !== undefined) return header
  const { query } = request
  const asked = typeof query === 'object' && query !== null && 'token' in query ? query.token : null
  return typeof asked === 'string' && /^[\w-]{1,256}$/.test(asked) ? asked : null
}
