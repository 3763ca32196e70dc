import { Fault } from '@slipway/base'
import { digestSchema, type ResolvedImage } from '@slipway/protocol'
import {
  imageConfigSchema,
  indexSchema,
  manifestSchema,
  parseDocument,
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
} from '../manifest.ts'
import { isIndexType, isManifestType, layerCompression } from '../media-types.ts'
import { printReference, type ImageReference } from '../reference.ts'
import type { ManifestDocument } from './document.ts'
import { choosePlatform, describePlatforms, runnable, type Platform } from './platform.ts'

/** The two reads that resolving needs, with retries and mirrors behind them. */
export interface ImageReader {
  manifest(name: string): Promise<ManifestDocument>
  config(descriptor: { digest: string; size: number }): Promise<Buffer>
}

/** What `inspect` tells of a reference. `bytes` is what a machine downloads: the largest platform's where there are several. */
export interface ImageSummary {
  readonly digest: string
  readonly media_type: string
  readonly platforms: { os: string; architecture: string; variant?: string; digest: string }[]
  readonly bytes: number
}

/** An index may point at an index; more depth than this has no use. */
const deepestIndex = 3
/** Platform manifests read for `inspect`'s bytes; real indexes have fewer. */
const mostInspected = 32

/** Finds the platform's manifest and configuration; everything comes verified from the reader. */
export async function resolveImage(
  reader: ImageReader,
  ref: ImageReference,
  platform: Platform,
): Promise<ResolvedImage> {
  const top = await reader.manifest(ref.digest ?? ref.tag ?? 'latest')
  const found = await descend(reader, top, platform, ref)
  const manifest = readManifest(found)
  const config = readConfig(await reader.config(manifest.config), found.digest)
  if (config.os !== platform.os || config.architecture !== platform.architecture) {
    throw platformMissing(ref, platform, `${config.os}/${config.architecture}`)
  }
  const layers = pairLayers(manifest, config, found.digest)
  return {
    reference: printReference(ref),
    digest: found.digest,
    index_digest: top.digest === found.digest ? null : top.digest,
    platform: { os: platform.os, architecture: platform.architecture },
    labels: config.config?.Labels ?? {},
    layers,
    bytes_total: layers.reduce((sum, layer) => sum + layer.bytes, 0),
  }
}

/** Reads what there is behind a reference, for all platforms. */
export async function inspectImage(reader: ImageReader, ref: ImageReference): Promise<ImageSummary> {
  const top = await reader.manifest(ref.digest ?? ref.tag ?? 'latest')
  if (!isIndexType(top.mediaType)) {
    const manifest = readManifest(top)
    const { os, architecture, variant } = readConfig(await reader.config(manifest.config), top.digest)
    const one = { os, architecture, ...(variant === undefined ? {} : { variant }), digest: top.digest }
    return { digest: top.digest, media_type: top.mediaType, platforms: [one], bytes: downloadSize(manifest) }
  }
  const entries = parseDocument(`index ${top.digest}`, top.bytes, indexSchema).manifests.filter(runnable)
  let bytes = 0
  for (const entry of entries.slice(0, mostInspected)) {
    if (!isManifestType(entry.mediaType)) continue
    bytes = Math.max(bytes, downloadSize(readManifest(await reader.manifest(entry.digest))))
  }
  return { digest: top.digest, media_type: top.mediaType, platforms: describePlatforms(entries), bytes }
}

async function descend(
  reader: ImageReader,
  top: ManifestDocument,
  platform: Platform,
  ref: ImageReference,
): Promise<ManifestDocument> {
  let here = top
  for (let depth = 0; isIndexType(here.mediaType); depth += 1) {
    if (depth >= deepestIndex)
      throw new Fault('image-invalid', `${printReference(ref)} nests indexes more than ${deepestIndex} deep`)
    const entries = parseDocument(`index ${here.digest}`, here.bytes, indexSchema).manifests
    const chosen = choosePlatform(entries, platform)
    if (chosen === null) throw platformMissing(ref, platform, listOf(entries))
    here = await reader.manifest(chosen.digest)
  }
  return here
}

function readManifest(document: ManifestDocument): ImageManifest {
  const what = `manifest ${document.digest}`
  return parseDocument(what, document.bytes, manifestSchema)
}

function readConfig(bytes: Buffer, manifestDigest: string): ImageConfig {
  return parseDocument(`the configuration of manifest ${manifestDigest}`, bytes, imageConfigSchema)
}

function pairLayers(manifest: ImageManifest, config: ImageConfig, digest: string): ResolvedImage['layers'] {
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== manifest.layers.length) {
    throw new Fault(
      'image-invalid',
      `manifest ${digest} has ${manifest.layers.length} layers but its configuration names ${diffIds.length}; push the image again`,
    )
  }
  return manifest.layers.map((layer, index) => {
    layerCompression(layer.mediaType)
    return {
      digest: layer.digest,
      diff_id: digestSchema.parse(diffIds[index]),
      media_type: layer.mediaType,
      bytes: layer.size,
    }
  })
}

function downloadSize(manifest: ImageManifest): number {
  return manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size)
}

function listOf(entries: readonly Descriptor[]): string {
  return describePlatforms(entries.filter(runnable))
    .map((one) => `${one.os}/${one.architecture}`)
    .join(', ')
}

function platformMissing(ref: ImageReference, platform: Platform, available: string): Fault {
  return new Fault(
    'image-platform-missing',
    `${printReference(ref)} has no variant for ${platform.os}/${platform.architecture}, only ${available || 'none'}; choose another image or machine`,
    { details: { wanted: `${platform.os}/${platform.architecture}`, available } },
  )
}
