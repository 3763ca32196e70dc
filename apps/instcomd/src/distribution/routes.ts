// INVARIANTS
// - Only names of artifacts.ts become paths; what the request says chooses among them and is part of none.
// - The errors are agent.md's, word for word, whatever the rest of the server answers.
import type { Logger } from '@slipway/base'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseAcceptEncoding } from './accept-encoding.ts'
import type { Access } from './access.ts'
import { findBinary, findScript, parseArchitecture, parsePlatform, type Artifact, type Platform } from './artifacts.ts'
import { DistributionError, distributionErrors, sendDistributionError } from './distribution-error.ts'
import { DownloadLimit, type DownloadLimits } from './download-limit.ts'
import { readHealth } from './health.ts'
import { readMetadata } from './metadata.ts'
import type { DistributionFiles } from './representation.ts'
import { sendFile } from './send-file.ts'
import type { Database } from '../database/database.ts'

export interface DistributionOptions {
  readonly files: DistributionFiles
  readonly access: Access
  readonly database: Database
  readonly logger: Logger
  readonly limits?: DownloadLimits
}

/** A rack behind one address, and some thousand guests in all, on the memory of a small server. */
const defaultLimits: DownloadLimits = { total: 512, perAddress: 128 }

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The routes of agent.md, "Distribution", as a fastify plugin of its own: it has its own errors. */
export function distributionRoutes(options: DistributionOptions) {
  const downloads = new DownloadLimit(options.limits ?? defaultLimits)
  return async (app: FastifyInstance): Promise<void> => {
    app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.logger))
    const get = (url: string, answer: Answer) =>
      app.route({
        method: ['GET', 'HEAD'],
        url: `/infiniservice${url}`,
        exposeHeadRoute: false, // HEAD is answered by the same code
        handler: async (request, reply) => {
          const leave = downloads.enter(request.ip)
          // A client may go before the answer ends, or keep its connection after it.
          reply.raw.once('close', leave).once('finish', leave)
          return answer(request, reply)
        },
      })
    const guarded =
      (answer: Answer): Answer =>
      async (request, reply) => {
        await options.access.download(request)
        return answer(request, reply)
      }
    get('/:platform/binary', guarded(sendBinary(options)))
    get('/:platform/script', guarded(sendScript(options)))
    get('/:platform/signature', guarded(sendSignature(options)))
    get(
      '/metadata',
      guarded(async (_, reply) => reply.header('cache-control', 'no-cache').send(await readMetadata(options.files))),
    )
    get('/health/:vmId', async (request, reply) => {
      const vmId = parameter(request, 'vmId')
      await options.access.health(request, vmId)
      return reply.header('cache-control', 'no-store').send(await readHealth(options.database, vmId))
    })
  }
}

function sendBinary({ files }: DistributionOptions): Answer {
  return async (request, reply) => {
    const platform = platformOf(request)
    const artifact = binaryOf(request, platform)
    const found = artifact && (await files.open(artifact.path, parseAcceptEncoding(request.headers['accept-encoding'])))
    if (!artifact || !found) throw new DistributionError(404, `Binary not found for platform: ${platform}`)
    return sendFile(request, reply, found, artifact)
  }
}

function sendScript({ files }: DistributionOptions): Answer {
  return async (request, reply) => {
    const platform = platformOf(request)
    const artifact = findScript(platform)
    const found = artifact && (await files.open(artifact.path, []))
    if (!artifact || !found) throw new DistributionError(404, `Installation script not found for platform: ${platform}`)
    return sendFile(request, reply, found, artifact)
  }
}

function sendSignature({ files }: DistributionOptions): Answer {
  return async (request, reply) => {
    const platform = platformOf(request)
    const artifact = binaryOf(request, platform)
    const found = artifact && (await files.open(`${artifact.path}.minisig`, []))
    if (!artifact || !found) throw new DistributionError(404, `Signature not found for platform: ${platform}`)
    return sendFile(request, reply, found, { filename: `${artifact.filename}.minisig`, contentType: 'text/plain' })
  }
}

function platformOf(request: FastifyRequest): Platform {
  const platform = parsePlatform(parameter(request, 'platform'))
  if (platform === null) throw new DistributionError(400, distributionErrors.invalidPlatform)
  return platform
}

function binaryOf(request: FastifyRequest, platform: Platform): Artifact | null {
  const { query } = request
  const asked = typeof query === 'object' && query !== null && 'arch' in query ? query.arch : 'x64'
  const arch = typeof asked === 'string' ? parseArchitecture(asked) : null
  if (arch === null) throw new DistributionError(400, 'Invalid arch. Must be "x64" or "arm64"')
  return findBinary(platform, arch)
}

function parameter(request: FastifyRequest, name: string): string {
  const { params } = request
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : ''
  return typeof value === 'string' ? value : ''
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  if (error instanceof DistributionError) return sendDistributionError(reply, error)
  const path = request.routeOptions.url ?? request.url
  logger.error({ request_id: request.id, path, err: error }, 'Distribution failed')
  return sendDistributionError(reply, new DistributionError(500, distributionErrors.internal))
}
