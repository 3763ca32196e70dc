import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Fault, isFault } from '@slipway/base'
import { indexSchema, parseDocument } from '../manifest.ts'
import { parseByteRange } from './byte-range.ts'

/** What to serve and where. */
export interface ServeOptions {
  /** An OCI layout as `writeLayout`, umoci or skopeo write it. */
  readonly layoutDir: string
  /** 127.0.0.1 when left out. */
  readonly host?: string
  /** A free one when left out. */
  readonly port?: number
  /** Repository → tag → digest, or a reference name of index.json. */
  readonly repositories: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What the registry did so far; `blob_bytes` as sent. */
export interface ServeStats {
  requests: number
  manifests: number
  blobs: number
  ranges: number
  blob_bytes: number
}

/** A running registry; `url` is `http://host:port`. */
export interface ServedLayout {
  readonly port: number
  readonly url: string
  stats(): ServeStats
  /** Ends all connections at once. */
  close(): Promise<void>
}

const digestPattern = /^sha256:[0-9a-f]{64}$/

/**
 * Serves an OCI layout read-only over the distribution API (distribution-spec 1.1, pull): manifests, blobs with Range, HEAD and
 * ETag, tag lists. No authentication and no TLS: for the demo and tests, on loopback. A port in use throws `port-in-use`.
 */
export async function serveLayout(options: ServeOptions): Promise<ServedLayout> {
  const counted: ServeStats = { requests: 0, manifests: 0, blobs: 0, ranges: 0, blob_bytes: 0 }
  const server = http.createServer((request, response) => {
    counted.requests += 1
    answer(options, counted, request, response).catch((error: unknown) => {
      // A client that went away is no error of ours; anything else has its words in the log of the client.
      if (!response.headersSent) fail(response, 500, 'UNKNOWN', error instanceof Error ? error.message : String(error))
      else response.destroy()
    })
  })
  const host = options.host ?? '127.0.0.1'
  await listen(server, host, options.port ?? 0)
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stats: () => ({ ...counted }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  options: ServeOptions,
  counted: ServeStats,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return fail(response, 405, 'UNSUPPORTED', 'this registry is read-only')
  const url = URL.parse(request.url ?? '/', 'http://registry')
  if (url === null) return fail(response, 400, 'UNSUPPORTED', 'the address is not legal')
  if (url.pathname === '/v2/' || url.pathname === '/v2') return sendJson(response, {})
  const [, repository = '', kind = '', name = ''] =
    /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(url.pathname) ?? []
  const tags = Object.hasOwn(options.repositories, repository) ? options.repositories[repository] : undefined
  if (tags === undefined)
    return fail(response, 404, 'NAME_UNKNOWN', `repository name not known to registry: ${repository}`)
  if (kind === 'tags') return sendJson(response, { name: repository, tags: Object.keys(tags).toSorted() })
  if (kind === 'blobs') return sendBlob(options, counted, { request, response, name })
  counted.manifests += 1
  return sendManifest(options, { response, request, tags, name })
}

async function sendManifest(
  options: ServeOptions,
  ask: {
    response: http.ServerResponse
    request: http.IncomingMessage
    tags: Readonly<Record<string, string>>
    name: string
  },
): Promise<void> {
  const named = digestPattern.test(ask.name)
    ? ask.name
    : Object.hasOwn(ask.tags, ask.name)
      ? ask.tags[ask.name]
      : undefined
  const digest = named === undefined ? null : await digestOfName(options.layoutDir, named)
  const bytes = digest === null ? null : await readFile(blobPath(options.layoutDir, digest)).catch(() => null)
  if (digest === null || bytes === null)
    return fail(ask.response, 404, 'MANIFEST_UNKNOWN', `manifest unknown: ${ask.name}`)
  const type = mediaTypeOf(bytes)
  if (type === null) return fail(ask.response, 404, 'MANIFEST_UNKNOWN', `no manifest: ${ask.name}`)
  ask.response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  })
  ask.response.end(ask.request.method === 'HEAD' ? undefined : bytes)
}

async function sendBlob(
  options: ServeOptions,
  counted: ServeStats,
  ask: { request: http.IncomingMessage; response: http.ServerResponse; name: string },
): Promise<void> {
  const { request, response, name } = ask
  const file = digestPattern.test(name) ? blobPath(options.layoutDir, name) : null
  const size =
    file === null
      ? null
      : await stat(file).then(
          (found) => found.size,
          () => null,
        )
  if (file === null || size === null) return fail(response, 404, 'BLOB_UNKNOWN', `blob unknown to registry: ${name}`)
  const range = parseByteRange(request.headers.range, size)
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`)
    return fail(response, 416, 'RANGE_INVALID', 'the range is beyond the blob')
  }
  counted.blobs += 1
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    'docker-content-digest': name,
    etag: `"${name}"`,
  }
  if (range !== null) {
    counted.ranges += 1
    response.setHeader('content-range', `bytes ${start}-${end}/${size}`)
  }
  response.writeHead(range === null ? 200 : 206, headers)
  if (request.method === 'HEAD' || size === 0) return void response.end()
  const source = createReadStream(file, { start, end, highWaterMark: 256 * 1024 })
  source.on('data', (chunk) => (counted.blob_bytes += chunk.length))
  await pipeline(source, response)
}

async function digestOfName(dir: string, name: string): Promise<string | null> {
  if (digestPattern.test(name)) return name
  const bytes = await readFile(path.join(dir, 'index.json'))
  const found = parseDocument('index.json of the layout', bytes, indexSchema).manifests.find(
    (entry) => entry.annotations?.['org.opencontainers.image.ref.name'] === name,
  )
  return found?.digest ?? null
}

function mediaTypeOf(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null) return null
    if ('mediaType' in value && typeof value.mediaType === 'string') return value.mediaType
    // umoci leaves mediaType out of manifests, as image-spec 1.0 allowed.
    if ('layers' in value) return 'application/vnd.oci.image.manifest.v1+json'
    return 'manifests' in value ? 'application/vnd.oci.image.index.v1+json' : null
  } catch {
    return null
  }
}

function sendJson(response: http.ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function fail(response: http.ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errors: [{ code, message }] }))
}

function listen(server: http.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenFault(cause, host, port)))
    server.listen(port, host, () => resolve())
  })
}

function listenFault(cause: Error, host: string, port: number): unknown {
  if (isFault(cause) || !('code' in cause) || cause.code !== 'EADDRINUSE') return cause
  return new Fault('port-in-use', `port ${port} on ${host} is in use; choose another for the registry`, {
    cause,
    details: { host, port },
  })
}

function blobPath(dir: string, digest: string): string {
  return path.join(dir, 'blobs', digest.replace(':', '/'))
}
