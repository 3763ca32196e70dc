import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Artifact } from './artifacts.ts'
import { parseRange } from './byte-range.ts'
import { readPinned } from './pinned-file.ts'
import type { Representation } from './representation.ts'

/** A client that takes nothing for so long is cut off: it holds an open file. Milliseconds. */
const stallMs = 60_000

/**
 * Answers a GET or HEAD with a representation, and closes it: validators, range, then the bytes as a stream.
 * Source: RFC 9110, 13.2.2 (order), 14 (ranges).
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, encoding, etag }: Representation,
  artifact: Pick<Artifact, 'filename' | 'contentType'>,
): Promise<FastifyReply> {
  void reply.headers({
    etag,
    vary: 'Accept-Encoding',
    'accept-ranges': 'bytes',
    // Kept, but asked about each time: an update must be seen at once.
    'cache-control': 'no-cache',
  })
  if (matches(request.headers['if-none-match'], etag)) {
    await file.close()
    return reply.status(304).send()
  }
  const range =
    request.method === 'GET' && mayRange(request, etag) ? parseRange(request.headers.range, file.size) : null
  if (range?.kind === 'unsatisfiable') {
    await file.close()
    return reply
      .status(416)
      .header('content-range', `bytes */${file.size}`)
      .send({ error: `Range not satisfiable: the file has ${file.size} bytes` })
  }
  const { start, end } = range?.kind === 'part' ? range : { start: 0, end: file.size }
  void reply.headers({
    'content-type': artifact.contentType,
    'content-length': end - start,
    'content-disposition': `attachment; filename="${artifact.filename}"`,
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  })
  if (range?.kind === 'part') void reply.status(206).header('content-range', `bytes ${start}-${end - 1}/${file.size}`)
  if (request.method === 'HEAD') {
    await file.close()
    return reply.send()
  }
  reply.raw.setTimeout(stallMs, () => reply.raw.destroy())
  return reply.send(readPinned(file, start, end))
}

/** If-None-Match compares weakly: a proxy may have made our validator weak (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const given = header.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return given.includes('*') || given.includes(etag)
}

/** If-Range compares strongly, and a date never matches: we send none (RFC 9110, 13.1.5). */
function mayRange(request: FastifyRequest, etag: string): boolean {
  const condition = request.headers['if-range']
  return condition === undefined || condition === etag
}
