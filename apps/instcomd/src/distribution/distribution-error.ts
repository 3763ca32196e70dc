import type { FastifyReply } from 'fastify'

/** The errors of agent.md, word for word: published clients match on them. */
export const distributionErrors = {
  invalidPlatform: 'Invalid platform. Must be "windows" or "linux"',
  internal: 'Internal server error',
} as const

/** An answer that is no file: `{"error": …}`, the shape of these routes alone. */
export class DistributionError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Sends an error as these routes do. */
export function sendDistributionError(reply: FastifyReply, error: DistributionError): FastifyReply {
  return reply
    .status(error.status)
    .headers(error.headers)
    .type('application/json; charset=utf-8')
    .send({ error: error.message })
}
