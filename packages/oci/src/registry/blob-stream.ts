import { createHash } from 'node:crypto'
import { Fault } from '@slipway/base'
import { digestMismatch } from '../digest.ts'
import { Attempts, type AttemptPolicy } from './attempts.ts'
import { readBody } from './exchange.ts'
import type { Source } from './source.ts'

/** One blob to be streamed, and from where. */
export interface BlobRequest {
  readonly sources: readonly Source[]
  readonly repository: string
  readonly descriptor: { readonly digest: string; readonly size: number }
  readonly policy: AttemptPolicy
  readonly idleTimeoutMs: number
  onProgress?(bytesSoFar: number, fromWire: number): void
  /** Told which source sent bytes when the digest is wrong, so that another try prefers others. */
  onDamaged(source: Source): void
}

/** So much must arrive before the count of tries begins again: a server that drips bytes and breaks off is not progress. */
const progressBytes = 1024 * 1024

/**
 * Yields the raw bytes of a blob. A cut connection goes on with `Range` from the byte reached; the digest is checked at
 * the end, so the reader must undo what it did with the bytes when `image-digest-mismatch` comes.
 */
export async function* streamBlob(request: BlobRequest): AsyncGenerator<Buffer> {
  const { descriptor, policy } = request
  const attempts = new Attempts(request.sources, policy)
  const hash = createHash('sha256')
  const used = new Set<Source>()
  let offset = 0
  let wire = 0
  let reached = 0
  while (offset < descriptor.size) {
    try {
      const source = attempts.source
      for await (const chunk of openAt(request, source, offset, (count) => (wire += count))) {
        if (offset + chunk.length > descriptor.size) throw tooLong(request, source)
        used.add(source)
        hash.update(chunk)
        offset += chunk.length
        request.onProgress?.(offset, wire)
        yield chunk
      }
      if (offset < descriptor.size) throw endedEarly(source, offset, descriptor.size)
    } catch (error) {
      if (offset - reached >= progressBytes) attempts.progressed()
      reached = offset
      if (error instanceof Fault && error.code === 'image-digest-mismatch') throw error
      await attempts.failed(error)
    }
  }
  const actual = `sha256:${hash.digest('hex')}`
  if (actual === descriptor.digest) return
  for (const source of used) request.onDamaged(source)
  throw digestMismatch(
    'a blob',
    descriptor.digest,
    actual,
    [...used].map((source) => source.name).join(' and ') || 'nowhere',
  )
}

async function* openAt(
  request: BlobRequest,
  source: Source,
  offset: number,
  onWire: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const { signal } = request.policy
  const headers: Record<string, string> = { accept: 'application/octet-stream, */*', 'accept-encoding': 'identity' }
  if (offset > 0) headers['range'] = `bytes=${offset}-`
  const { answer, url } = await source.request({
    repository: request.repository,
    path: `blobs/${request.descriptor.digest}`,
    what: `blob ${request.descriptor.digest} of ${request.repository}`,
    headers,
    accept: offset > 0 ? [200, 206] : [200],
    signal,
  })
  // A server without Range sends everything again (RFC 9110, 14.2): what we have is skipped.
  let skip = answer.statusCode === 206 ? startMismatch(answer.headers['content-range'], offset, source) : offset
  for await (const chunk of readBody(answer, url, { idleTimeoutMs: request.idleTimeoutMs, signal })) {
    onWire(chunk.length)
    if (skip >= chunk.length) {
      skip -= chunk.length
      continue
    }
    yield skip === 0 ? chunk : chunk.subarray(skip)
    skip = 0
  }
}

function startMismatch(contentRange: string | undefined, offset: number, source: Source): 0 {
  const start = /^bytes (\d+)-/.exec(contentRange ?? '')?.[1]
  if (start !== undefined && Number(start) === offset) return 0
  throw new Fault(
    'registry-unreachable',
    `${source.name} answered a range from byte ${offset} with "${contentRange ?? 'nothing'}"`,
  )
}

function tooLong(request: BlobRequest, source: Source): Fault {
  request.onDamaged(source)
  const { digest, size } = request.descriptor
  return new Fault(
    'image-digest-mismatch',
    `${source.name} sends more than the ${size} bytes of blob ${digest}; it serves damaged data`,
    {
      details: { expected: digest, size, source: source.name },
    },
  )
}

function endedEarly(source: Source, offset: number, size: number): Fault {
  return new Fault('registry-unreachable', `${source.name} ended the blob at byte ${offset} of ${size}`, {
    details: { source: source.name, offset, size },
  })
}
