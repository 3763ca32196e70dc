import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf } from '../digest.ts'
import { canonicalJson } from '@slipway/base'
import * as types from '../media-types.ts'
import { layerOf, tarOf } from './test-layer.ts'

/** What a registry gives for a path such as `/v2/repo/blobs/sha256:…`. */
export interface Served {
  readonly type: string
  readonly bytes: Buffer
}

/** A registry of which the tests decide every answer: `before` may answer a request itself by returning true. */
export interface TestRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly asked: { method: string; path: string; authorization: string | undefined; range: string | undefined }[]
  readonly content: Map<string, Served>
  before: (request: http.IncomingMessage, response: http.ServerResponse) => boolean
  close(): Promise<void>
}

/** Starts a registry on a free loopback port; Range is honoured. */
export async function startTestRegistry(content = new Map<string, Served>()): Promise<TestRegistry> {
  const server = http.createServer((request, response) => {
    const { url = '', method = '', headers } = request
    registry.asked.push({ method, path: url, authorization: headers.authorization, range: headers.range })
    if (registry.before(request, response)) return
    const found = url === '/v2/' ? { type: 'application/json', bytes: Buffer.from('{}') } : registry.content.get(url)
    if (found === undefined) return sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    const head = { 'content-type': found.type, 'content-length': found.bytes.length - start }
    if (start === 0) response.writeHead(200, head)
    else
      response.writeHead(206, {
        ...head,
        'content-range': `bytes ${start}-${found.bytes.length - 1}/${found.bytes.length}`,
      })
    response.end(found.bytes.subarray(start))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const registry: TestRegistry = {
    host: `127.0.0.1:${port}`,
    asked: [],
    content,
    before: () => false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return registry
}

/** Answers with an error as registries word it. */
export function sendError(response: http.ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errors: [{ code, message }] }))
}

/** An image of one layer under `/v2/<repository>/`, with its addresses. */
export async function sampleImage(
  repository: string,
  options: { family?: 'oci' | 'docker'; os?: string; architecture?: string; file?: Buffer } = {},
): Promise<{
  content: Map<string, Served>
  manifest: Buffer
  digest: string
  layer: ReturnType<typeof layerOf>
  blobPath: string
}> {
  const { family = 'oci', os = 'linux', architecture = 'amd64', file = Buffer.from('hello\n') } = options
  const layer = layerOf(await tarOf([{ kind: 'file', path: 'hello', content: file }]), 'gzip')
  const config = json({
    os,
    architecture,
    config: { Labels: { 'org.slipway.boot': 'uefi' } },
    rootfs: { type: 'layers', diff_ids: [layer.layer.diff_id] },
  })
  const manifestType = family === 'oci' ? types.ociManifest : types.dockerManifest
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: family === 'oci' ? types.ociConfig : types.dockerConfig,
      digest: digestOf(config),
      size: config.length,
    },
    layers: [{ mediaType: types.layerMediaType('gzip', family), digest: layer.layer.digest, size: layer.blob.length }],
  })
  const digest = digestOf(manifest)
  const base = `/v2/${repository}`
  const blobPath = `${base}/blobs/${layer.layer.digest}`
  const content = new Map<string, Served>([
    [`${base}/manifests/latest`, { type: manifestType, bytes: manifest }],
    [`${base}/manifests/${digest}`, { type: manifestType, bytes: manifest }],
    [`${base}/blobs/${digestOf(config)}`, { type: 'application/octet-stream', bytes: config }],
    [blobPath, { type: 'application/octet-stream', bytes: layer.blob }],
  ])
  return { content, manifest, digest, layer, blobPath }
}

/** JSON as bytes. */
export function json(value: unknown): Buffer {
  return Buffer.from(canonicalJson(value))
}
