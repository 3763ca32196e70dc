import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyLayer } from '../layer/apply-layer.ts'
import { parseReference } from '../reference.ts'
import { makeRegistryClient, type RegistryClient } from '../registry/client.ts'
import { describeTree, listTree } from '../testing/describe-tree.ts'
import { makeGnuTarTarget } from '../testing/gnu-tar-target.ts'
import { makeRoot } from '../testing/test-layer.ts'
import type { LayoutImage } from './layout-entry.ts'
import { serveLayout, type ServedLayout } from './serve-layout.ts'
import { treeEntries } from './tree-entries.ts'
import { writeLayout, type WrittenImage } from './write-layout.ts'

const source = path.resolve(import.meta.dirname, '..')
const images = (): LayoutImage[] => [
  {
    name: 'demo:1',
    platform: { os: 'linux', architecture: 'amd64' },
    labels: { 'org.slipway.boot': 'uefi' },
    layers: [
      {
        compression: 'gzip',
        entries: treeEntries(source, { prefix: 'usr/src', accept: (name) => !name.endsWith('.test.ts') }),
      },
      {
        compression: 'zstd',
        entries: [
          { kind: 'whiteout', path: 'usr/src/layer' },
          { kind: 'file', path: 'etc/motd', content: 'hello\n' },
        ],
      },
      {
        compression: 'none',
        entries: [
          { kind: 'opaque', path: 'usr/src/registry' },
          { kind: 'file', path: 'usr/src/registry/only', content: '' },
        ],
      },
    ],
  },
  { name: 'demo:1', platform: { os: 'illumos', architecture: 'amd64' }, layers: [] },
]

let dir = ''
let root = ''
let written: WrittenImage[]
let served: ServedLayout
let client: RegistryClient
beforeAll(async () => {
  dir = await makeRoot()
  root = await makeRoot()
  written = await writeLayout({ dir, images: images() })
  served = await serveLayout({
    layoutDir: dir,
    repositories: { 'team/demo': { latest: 'demo:1', pinned: written[0]?.digest ?? '' } },
  })
  client = makeRegistryClient()
})
afterAll(async () => {
  client.close()
  await served.close()
  await rm(dir, { recursive: true })
  await rm(root, { recursive: true })
})

describe('writeLayout', () => {
  it('writes the same bytes from the same images', async () => {
    const again = await makeRoot()
    try {
      expect(await writeLayout({ dir: again, images: images() })).toEqual(written)
      expect(describeTree(again).map(timeless)).toEqual(describeTree(dir).map(timeless))
      expect((await readdir(path.join(dir, 'blobs'))).filter((name) => name !== 'sha256')).toEqual([])
    } finally {
      await rm(again, { recursive: true })
    }
  })
})

describe('serveLayout', () => {
  it('gives an image that is pulled and unpacked as it was packed', async () => {
    const ref = parseReference(`oci://127.0.0.1:${served.port}/team/demo`)
    const signal = AbortSignal.timeout(20_000)
    const image = await client.resolve(ref, { os: 'linux', architecture: 'amd64' }, signal)
    expect(image).toMatchObject({ index_digest: written[0]?.digest, digest: written[0]?.manifests[0]?.digest })
    let fetched = 0
    for (const layer of image.layers)
      fetched += (await applyLayer({ client, ref, layer, target: makeGnuTarTarget(root), signal })).bytes_fetched
    expect(fetched).toBe(image.bytes_total)
    expect(served.stats()).toMatchObject({ blob_bytes: fetched + (await configBytes()) })
    expect(listTree(root)).toEqual(expect.arrayContaining(['etc/motd', 'usr/src/index.ts', 'usr/src/registry/only']))
    expect(
      listTree(root).filter((name) => name.startsWith('usr/src/layer/') || name.startsWith('usr/src/registry/')),
    ).toEqual(['usr/src/registry/only'])
    expect(await readFile(path.join(root, 'usr/src/index.ts'))).toEqual(await readFile(path.join(source, 'index.ts')))
  })

  const get = (rest: string, init: RequestInit = {}): Promise<Response> => fetch(`${served.url}/v2/${rest}`, init)
  const blob = (): string => `team/demo/blobs/${written[0]?.manifests[0]?.layers[0]?.digest}`

  it('answers HEAD with size, digest and ETag, without a body', async () => {
    for (const rest of [blob(), 'team/demo/manifests/latest']) {
      const answer = await get(rest, { method: 'HEAD' })
      const digest = answer.headers.get('docker-content-digest')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('etag')).toBe(`"${digest}"`)
      expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(100)
      expect(await answer.text()).toBe('')
    }
  })

  it.each([
    ['bytes=10-19', 206, 10],
    ['bytes=-5', 206, 5],
    ['bytes=99999999-', 416, null],
    ['bytes=5-2', 200, null],
    ['lines=1-2', 200, null],
    ['bytes=0-1,5-6', 200, null],
  ])('answers the range %s with %i', async (range, status, length) => {
    const answer = await get(blob(), { headers: { range } })
    const body = await answer.arrayBuffer()
    expect(answer.status).toBe(status)
    if (length !== null) expect(body.byteLength).toBe(length)
  })

  it.each([
    ['other/manifests/latest', 404, 'NAME_UNKNOWN'],
    ['team/demo/manifests/none', 404, 'MANIFEST_UNKNOWN'],
    ['team/demo/manifests/constructor', 404, 'MANIFEST_UNKNOWN'],
    [`team/demo/blobs/sha256:${'0'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
    ['team/demo/blobs/..%2f..%2findex.json', 404, 'BLOB_UNKNOWN'],
    ['team/demo/manifests/..%2f..%2fpackage.json', 404, 'MANIFEST_UNKNOWN'],
  ])('answers %s with %i %s', async (rest, status, code) => {
    const answer = await get(rest)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ errors: [{ code }] })
  })

  it('takes no writes', async () => {
    expect((await get('team/demo/blobs/uploads', { method: 'POST' })).status).toBe(405)
  })

  it('lists tags', async () => {
    expect(await (await get('team/demo/tags/list')).json()).toEqual({ name: 'team/demo', tags: ['latest', 'pinned'] })
  })

  it('says which port is in use', async () => {
    const second = serveLayout({ layoutDir: dir, port: served.port, repositories: {} })
    await expect(second).rejects.toMatchObject({ code: 'port-in-use', details: { port: served.port } })
  })
})

async function configBytes(): Promise<number> {
  const manifest: unknown = JSON.parse(
    await readFile(path.join(dir, 'blobs', (written[0]?.manifests[0]?.digest ?? '').replace(':', '/')), 'utf8'),
  )
  return (manifest as { config: { size: number } }).config.size // our own packer wrote it
}

function timeless(line: string): string {
  return line.replace(/\t[\d.]+\t([0-9a-f]{12})$/, '\t$1')
}
