import { Fault } from '@slipway/base'

/** Bounds against layers that are made to fill disks or memory. */
export interface LayerLimits {
  readonly maxEntries: number
  readonly maxUnpackedBytes: number
  /** Unpacked over packed bytes; looked at only beyond `ratioFreeBytes`, as small layers of zeros are common. */
  readonly maxRatio: number
  readonly ratioFreeBytes: number
  /** Bytes of a path as it will stand below the root, and of one name in it: what Linux and illumos take (PATH_MAX, NAME_MAX). */
  readonly maxPathBytes: number
  readonly maxNameBytes: number
  /** Bytes of one extended header (long names, extended attributes; Linux takes 64 KiB of attributes per file). */
  readonly maxExtendedBytes: number
}

/** Ten times what the largest images seen in practice have; the ratio is far over what real trees reach (gzip stops at 1032). */
export const defaultLayerLimits: LayerLimits = {
  maxEntries: 4_000_000,
  maxUnpackedBytes: 256 * 1024 ** 3,
  maxRatio: 200,
  ratioFreeBytes: 1024 ** 3,
  maxPathBytes: 4095,
  maxNameBytes: 255,
  maxExtendedBytes: 1024 ** 2,
}

/** Makes the fault for a bound that was passed. */
export function overLimit(what: string, limit: number): Fault {
  return new Fault(
    'image-invalid',
    `the layer has ${what}, over the limit of ${limit}; it is refused as a decompression or entry bomb`,
    {
      details: { limit },
    },
  )
}
