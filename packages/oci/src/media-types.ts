import { Fault } from '@slipway/base'

/** How a layer blob is compressed. */
export type Compression = 'gzip' | 'zstd' | 'none'

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
export const ociIndex = 'application/vnd.oci.image.index.v1+json'
export const ociConfig = 'application/vnd.oci.image.config.v1+json'
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json'
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const dockerConfig = 'application/vnd.docker.container.image.v1+json'

/** The manifest kinds that are asked for, best first. */
export const manifestAccept = [ociIndex, ociManifest, dockerList, dockerManifest]

export const isIndexType = (type: string): boolean => type === ociIndex || type === dockerList
export const isManifestType = (type: string): boolean => type === ociManifest || type === dockerManifest

// image-spec 1.1 layer.md (nondistributable ones are deprecated but still served) and Docker's image-spec v2.2.
const layerTypes: Readonly<Record<string, Compression>> = {
  'application/vnd.oci.image.layer.v1.tar': 'none',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd': 'zstd',
  'application/vnd.oci.image.layer.nondistributable.v1.tar': 'none',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip': 'gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd': 'zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip': 'gzip',
}

/** The compression that a layer's media type stands for; throws `image-invalid` for types that are no filesystem layer. */
export function layerCompression(mediaType: string): Compression {
  const found = Object.hasOwn(layerTypes, mediaType) ? layerTypes[mediaType] : undefined
  if (found !== undefined) return found
  throw new Fault(
    'image-invalid',
    `a layer has the media type "${mediaType}", which is no filesystem layer; use an image with tar layers`,
    {
      details: { media_type: mediaType },
    },
  )
}

/** The media type that a layer of this compression gets when we pack one. */
export function layerMediaType(compression: Compression, family: 'oci' | 'docker'): string {
  if (family === 'oci')
    return `application/vnd.oci.image.layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`
  return `application/vnd.docker.image.rootfs.diff.tar${compression === 'none' ? '' : `.${compression}`}`
}
