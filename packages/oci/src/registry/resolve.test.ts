import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../digest.ts'
import * as types from '../media-types.ts'
import { parseReference } from '../reference.ts'
import { json, sampleImage, startTestRegistry, type TestRegistry } from '../testing/test-registry.ts'
import { makeRegistryClient, type RegistryClient } from './client.ts'

let registry: TestRegistry
let client: RegistryClient
beforeEach(async () => {
  registry = await startTestRegistry()
  client = makeRegistryClient({ retry: { firstMs: 1, capMs: 1, tries: 2 } })
})
afterEach(async () => {
  client.close()
  await registry.close()
})

const ref = (rest = 'demo'): ReturnType<typeof parseReference> => parseReference(`oci://${registry.host}/${rest}`)
const resolve = (
  rest?: string,
  platform = { os: 'linux', architecture: 'amd64' },
): ReturnType<RegistryClient['resolve']> => client.resolve(ref(rest), platform, AbortSignal.timeout(10_000))
const inspect = (rest?: string): ReturnType<RegistryClient['inspect']> =>
  client.inspect(ref(rest), AbortSignal.timeout(10_000))
const put = (path: string, type: string, value: unknown): string => {
  const bytes = Buffer.isBuffer(value) ? value : json(value)
  registry.content.set(`/v2/demo/${path}`, { type, bytes })
  registry.content.set(`/v2/demo/manifests/${digestOf(bytes)}`, { type, bytes })
  return digestOf(bytes)
}
async function addImage(options: Parameters<typeof sampleImage>[1]): Promise<Awaited<ReturnType<typeof sampleImage>>> {
  const image = await sampleImage('demo', options)
  for (const [path, served] of image.content) registry.content.set(path, served)
  return image
}

describe('resolve', () => {
  it.each(['oci', 'docker'] as const)('reads an %s image', async (family) => {
    const image = await addImage({ family })
    expect(await resolve()).toEqual({
      reference: `oci://${registry.host}/demo`,
      digest: image.digest,
      index_digest: null,
      platform: { os: 'linux', architecture: 'amd64' },
      labels: { 'org.slipway.boot': 'uefi' },
      layers: [{ ...image.layer.layer, media_type: types.layerMediaType('gzip', family) }],
      bytes_total: image.layer.blob.length,
    })
  })

  it.each([types.ociIndex, types.dockerList])('chooses the platform in %s', async (mediaType) => {
    const arm = await addImage({ architecture: 'arm64' })
    const amd = await addImage({ architecture: 'amd64' })
    const illumos = await addImage({ os: 'illumos' })
    const of = (image: typeof arm, os: string, architecture: string, variant?: string) => ({
      mediaType: types.ociManifest,
      digest: image.digest,
      size: image.manifest.length,
      platform: { os, architecture, variant },
    })
    const attestation = {
      ...of(arm, 'unknown', 'unknown'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }
    const manifests = [
      attestation,
      of(arm, 'linux', 'arm64', 'v8'),
      of(arm, 'linux', 'amd64', 'v3'),
      of(amd, 'linux', 'amd64'),
      of(illumos, 'illumos', 'amd64'),
    ]
    const digest = put('manifests/many', mediaType, { schemaVersion: 2, mediaType, manifests })
    expect(await resolve('demo:many')).toMatchObject({ digest: amd.digest, index_digest: digest })
    expect(await resolve('demo:many', { os: 'linux', architecture: 'arm64' })).toMatchObject({ digest: arm.digest })
    expect(await resolve(`demo@${digest}`, { os: 'illumos', architecture: 'amd64' })).toMatchObject({
      digest: illumos.digest,
      index_digest: digest,
    })
    await expect(resolve('demo:many', { os: 'linux', architecture: 'riscv64' })).rejects.toMatchObject({
      code: 'image-platform-missing',
      details: { wanted: 'linux/riscv64', available: expect.stringContaining('illumos/amd64') },
    })
    const seen = await inspect('demo:many')
    expect(seen).toMatchObject({ digest, media_type: mediaType })
    expect(seen.platforms).toHaveLength(4)
    expect(seen.bytes).toBeGreaterThan(amd.layer.blob.length)
  })

  it('refuses a single image of another platform', async () => {
    await addImage({ architecture: 'arm64' })
    await expect(resolve()).rejects.toMatchObject({ code: 'image-platform-missing' })
    expect((await inspect()).platforms).toMatchObject([{ os: 'linux', architecture: 'arm64' }])
  })

  it('refuses a manifest that is not what its digest says', async () => {
    const image = await addImage({})
    registry.content.set(`/v2/demo/manifests/${image.digest}`, {
      type: types.ociManifest,
      bytes: Buffer.concat([image.manifest, Buffer.from(' ')]),
    })
    await expect(resolve(`demo@${image.digest}`)).rejects.toMatchObject({ code: 'image-digest-mismatch' })
  })

  it('refuses a configuration that is not what its digest says', async () => {
    const image = await addImage({})
    for (const [path, served] of registry.content) {
      if (path.includes('/blobs/') && path !== image.blobPath)
        registry.content.set(path, { ...served, bytes: Buffer.from('{}') })
    }
    await expect(resolve()).rejects.toMatchObject({ code: 'image-digest-mismatch' })
  })

  it('prefers a pinned digest over the tag beside it', async () => {
    const image = await addImage({})
    put('manifests/latest', types.ociManifest, {
      schemaVersion: 2,
      mediaType: types.ociManifest,
      config: {},
      layers: [],
    })
    expect((await resolve(`demo:latest@${image.digest}`)).digest).toBe(image.digest)
  })

  it.each<[string, string, unknown]>([
    ['a manifest that is no JSON', types.ociManifest, Buffer.from('nonsense')],
    ['a manifest without layers', types.ociManifest, { schemaVersion: 2, mediaType: types.ociManifest }],
    ['the schema 1 of old Docker', 'application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1 }],
    ['a manifest over 4 MiB', types.ociManifest, Buffer.alloc(5 * 1024 * 1024, ' ')],
    ['an HTML page', 'text/html', Buffer.from('<html>')],
  ])('refuses %s', async (_, type, value) => {
    put('manifests/latest', type, value)
    await expect(resolve()).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('refuses layers that are no file systems, and layers without a diffID', async () => {
    const config = json({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.from('x'))] },
    })
    registry.content.set(`/v2/demo/blobs/${digestOf(config)}`, { type: 'x', bytes: config })
    const layer = { mediaType: 'application/vnd.wasm', digest: digestOf(Buffer.from('y')), size: 1 }
    const manifest = {
      schemaVersion: 2,
      mediaType: types.ociManifest,
      config: { mediaType: types.ociConfig, digest: digestOf(config), size: config.length },
    }
    put('manifests/wasm', types.ociManifest, { ...manifest, layers: [layer] })
    put('manifests/two', types.ociManifest, { ...manifest, layers: [layer, layer] })
    await expect(resolve('demo:wasm')).rejects.toThrow('no filesystem layer')
    await expect(resolve('demo:two')).rejects.toThrow('has 2 layers but its configuration names 1')
  })

  it('refuses indexes that nest without end', async () => {
    let digest = put('manifests/x', types.ociIndex, { schemaVersion: 2, mediaType: types.ociIndex, manifests: [] })
    for (let depth = 0; depth < 5; depth += 1) {
      const entry = { mediaType: types.ociIndex, digest, size: 1, platform: { os: 'linux', architecture: 'amd64' } }
      digest = put('manifests/deep', types.ociIndex, {
        schemaVersion: 2,
        mediaType: types.ociIndex,
        manifests: [entry],
      })
    }
    await expect(resolve('demo:deep')).rejects.toThrow('nests indexes')
  })
})
