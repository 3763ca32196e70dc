import type { Descriptor } from '../manifest.ts'

/** What a machine runs, in Go's words: `linux` or `illumos` (also `solaris`), `amd64` or `arm64`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
}

// The variant that runs on every machine of an architecture comes first (image-spec, "Platform Variants").
const plainVariants: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v1'],
  arm64: ['v8'],
  arm: ['v7', 'v6', 'v5'],
}

/** Tells whether an index entry is an image: build attestations carry the platform unknown/unknown. */
export function runnable(entry: Descriptor): boolean {
  return entry.platform?.os !== 'unknown'
}

/** Chooses the entry for a platform; null when there is none. Without a stated variant wins over any variant. */
export function choosePlatform(entries: readonly Descriptor[], platform: Platform): Descriptor | null {
  const fitting = entries.filter(
    (entry) => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture,
  )
  const order = plainVariants[platform.architecture] ?? []
  const rank = (entry: Descriptor): number => {
    const variant = entry.platform?.variant ?? ''
    if (variant === '') return -1
    const place = order.indexOf(variant)
    return place < 0 ? order.length : place
  }
  return fitting.toSorted((a, b) => rank(a) - rank(b))[0] ?? null
}

/** The platforms of index entries as the API shows them. */
export function describePlatforms(
  entries: readonly Descriptor[],
): { os: string; architecture: string; variant?: string; digest: string }[] {
  return entries.map(({ platform, digest }) => ({
    os: platform?.os ?? 'unknown',
    architecture: platform?.architecture ?? 'unknown',
    ...(platform?.variant === undefined || platform.variant === '' ? {} : { variant: platform.variant }),
    digest,
  }))
}
