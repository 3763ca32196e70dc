import { digestMismatch, digestOf } from '../digest.ts'
import { isIndexType, isManifestType, manifestAccept } from '../media-types.ts'
import { Fault } from '@slipway/base'
import { readBody, readBounded } from './exchange.ts'
import type { Source } from './source.ts'

/** distribution-spec asks registries to take manifests of at least 4 MiB; none takes more. */
const longestManifest = 4 * 1024 * 1024
/** Configurations hold history and labels; Docker's own bound is 8 MiB. */
const longestConfig = 8 * 1024 * 1024

/** The raw bytes of an index or manifest, with what they are. */
export interface ManifestDocument {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** What every small read needs. */
export interface DocumentRequest {
  readonly repository: string
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

/** Fetches a manifest or index by tag or digest from one source; verified when asked by digest. */
export async function fetchManifest(source: Source, name: string, request: DocumentRequest): Promise<ManifestDocument> {
  const what = `${request.repository}${name.startsWith('sha256:') ? '@' : ':'}${name}`
  const { answer, url } = await source.request({
    ...request,
    path: `manifests/${name}`,
    what,
    headers: { accept: manifestAccept.join(', ') },
    accept: [200],
  })
  const bytes = await readBounded(readBody(answer, url, request), longestManifest, `the manifest of ${what}`)
  const digest = digestOf(bytes)
  const named = name.startsWith('sha256:') ? name : answer.headers['docker-content-digest']
  if (typeof named === 'string' && named.startsWith('sha256:') && named !== digest) {
    throw digestMismatch(`the manifest of ${what}`, named, digest, source.name)
  }
  return { digest, bytes, mediaType: manifestType(answer.headers['content-type'], bytes, what) }
}

/** Fetches an image configuration, verified. */
export async function fetchConfig(
  source: Source,
  descriptor: { digest: string; size: number },
  request: DocumentRequest,
): Promise<Buffer> {
  const what = `the configuration ${descriptor.digest} of ${request.repository}`
  if (descriptor.size > longestConfig) {
    throw new Fault(
      'image-invalid',
      `${what} is said to have ${descriptor.size} bytes; at most ${longestConfig} are allowed`,
    )
  }
  const { answer, url } = await source.request({
    ...request,
    path: `blobs/${descriptor.digest}`,
    what,
    headers: { 'accept-encoding': 'identity' },
    accept: [200],
  })
  const bytes = await readBounded(readBody(answer, url, request), longestConfig, what)
  const digest = digestOf(bytes)
  if (digest !== descriptor.digest) throw digestMismatch(what, descriptor.digest, digest, source.name)
  return bytes
}

// The digest covers the bytes, not the header: the document's own mediaType wins where it has one (image-spec 1.1).
function manifestType(header: string | undefined, bytes: Buffer, what: string): string {
  const own = mediaTypeOf(bytes)
  const type = own ?? header?.split(';')[0]?.trim() ?? ''
  if (isIndexType(type) || isManifestType(type)) return type
  throw new Fault(
    'image-invalid',
    `${what} has the manifest type "${type}"; push it as an OCI image or Docker image v2`,
    {
      details: { media_type: type },
    },
  )
}

function mediaTypeOf(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null && 'mediaType' in value && typeof value.mediaType === 'string')
      return value.mediaType
    return null
  } catch {
    return null // the strict parser that follows says so
  }
}
