import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { canonicalJson } from '@slipway/base'
import { digestOf } from '../digest.ts'
import * as types from '../media-types.ts'
import type { LayoutImage, LayoutLayer } from './layout-entry.ts'
import { packTar } from './pack-tar.ts'

/** What was written for one name: `digest` of its index or only manifest, and its platforms' manifests. */
export interface WrittenImage {
  readonly name: string
  readonly digest: string
  readonly media_type: string
  readonly manifests: readonly WrittenManifest[]
}

/** One platform's manifest with its layers as they lie in the layout. */
export interface WrittenManifest {
  readonly digest: string
  readonly size: number
  readonly platform: LayoutImage['platform']
  readonly layers: readonly {
    readonly digest: string
    readonly diff_id: string
    readonly media_type: string
    readonly bytes: number
  }[]
}

interface Blob {
  readonly digest: string
  readonly size: number
}

/**
 * Packs images into an OCI layout directory (image-spec image-layout.md): the same images give the same bytes with the same
 * Node. Present blobs are kept; `index.json` is written anew. Several images of one name become an index over platforms.
 */
export async function writeLayout(options: { dir: string; images: readonly LayoutImage[] }): Promise<WrittenImage[]> {
  const { dir, images } = options
  await mkdir(path.join(dir, 'blobs', 'sha256'), { recursive: true })
  const written: WrittenImage[] = []
  for (const [name, group] of Map.groupBy(images, (image) => image.name)) {
    const manifests: WrittenManifest[] = []
    for (const image of group) manifests.push(await writeImage(dir, image))
    written.push(await writeName(dir, name, group, manifests))
  }
  const manifests = await Promise.all(
    written.map(async (image) => ({
      mediaType: image.media_type,
      digest: image.digest,
      size: await sizeOf(dir, image.digest),
      annotations: { 'org.opencontainers.image.ref.name': image.name },
    })),
  )
  await writeFile(
    path.join(dir, 'index.json'),
    canonicalJson({ schemaVersion: 2, mediaType: types.ociIndex, manifests }),
  )
  await writeFile(path.join(dir, 'oci-layout'), canonicalJson({ imageLayoutVersion: '1.0.0' }))
  return written
}

async function writeName(
  dir: string,
  name: string,
  group: readonly LayoutImage[],
  manifests: readonly WrittenManifest[],
): Promise<WrittenImage> {
  const family = group[0]?.family ?? 'oci'
  const manifestType = family === 'oci' ? types.ociManifest : types.dockerManifest
  const only = manifests[0]
  if (manifests.length === 1 && only !== undefined)
    return { name, digest: only.digest, media_type: manifestType, manifests }
  const indexType = family === 'oci' ? types.ociIndex : types.dockerList
  const entries = manifests.map(({ digest, size, platform }) => ({ mediaType: manifestType, digest, size, platform }))
  const index = await writeJson(dir, { schemaVersion: 2, mediaType: indexType, manifests: entries })
  return { name, digest: index.digest, media_type: indexType, manifests }
}

async function writeImage(dir: string, image: LayoutImage): Promise<WrittenManifest> {
  const family = image.family ?? 'oci'
  const layers: WrittenManifest['layers'][number][] = []
  for (const layer of image.layers) {
    const { blob, diffId } = await writeLayer(dir, layer)
    layers.push({
      digest: blob.digest,
      diff_id: diffId,
      media_type: types.layerMediaType(layer.compression, family),
      bytes: blob.size,
    })
  }
  const created = new Date((image.created ?? 0) * 1000).toISOString()
  const { os, architecture, variant } = image.platform
  const config = await writeJson(dir, {
    created,
    os,
    architecture,
    variant,
    config: { Labels: image.labels ?? {} },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diff_id) },
    history: layers.map(() => ({ created, created_by: 'slipway' })),
  })
  const manifest = await writeJson(dir, {
    schemaVersion: 2,
    mediaType: family === 'oci' ? types.ociManifest : types.dockerManifest,
    config: { mediaType: family === 'oci' ? types.ociConfig : types.dockerConfig, ...config },
    layers: layers.map(({ digest, media_type, bytes }) => ({ mediaType: media_type, digest, size: bytes })),
  })
  return { ...manifest, platform: image.platform, layers }
}

async function writeLayer(dir: string, layer: LayoutLayer): Promise<{ blob: Blob; diffId: string }> {
  const temporary = path.join(dir, 'blobs', `.${randomBytes(8).toString('hex')}`)
  const unpacked = createHash('sha256')
  const packed = createHash('sha256')
  let size = 0
  async function* measured(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      packed.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of packTar(layer.entries)) {
      unpacked.update(chunk)
      yield chunk
    }
  }
  try {
    const engine = makeCompressor(layer.compression)
    const file = createWriteStream(temporary)
    if (engine === null) await pipeline(hashed(), measured, file)
    else await pipeline(hashed(), engine, measured, file)
    const digest = `sha256:${packed.digest('hex')}`
    await rename(temporary, blobPath(dir, digest))
    return { blob: { digest, size }, diffId: `sha256:${unpacked.digest('hex')}` }
  } finally {
    await rm(temporary, { force: true })
  }
}

// Levels that pack fast: demo and test images are packed more often than pulled.
function makeCompressor(compression: LayoutLayer['compression']): Transform | null {
  if (compression === 'gzip') return zlib.createGzip({ level: 6, chunkSize: 256 * 1024 })
  if (compression === 'zstd')
    return zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: 3 } })
  return null
}

async function writeJson(dir: string, value: unknown): Promise<Blob> {
  const bytes = Buffer.from(canonicalJson(value))
  const digest = digestOf(bytes)
  await writeFile(blobPath(dir, digest), bytes)
  return { digest, size: bytes.length }
}

async function sizeOf(dir: string, digest: string): Promise<number> {
  const { size } = await stat(blobPath(dir, digest))
  return size
}

function blobPath(dir: string, digest: string): string {
  return path.join(dir, 'blobs', digest.replace(':', '/'))
}
