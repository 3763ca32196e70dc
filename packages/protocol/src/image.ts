import { z } from 'zod'

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/)

/** One layer of a resolved image: `digest` and `bytes` of the blob, `diff_id` of the decompressed tar. */
export const layerSchema = z.object({
  digest: digestSchema,
  diff_id: digestSchema,
  media_type: z.string().max(256),
  bytes: z.number().int().nonnegative(),
})

/** An image reference resolved for one platform; what a plan pins. `digest` names the platform's manifest. */
export const resolvedImageSchema = z.object({
  reference: z.string().max(1024),
  digest: digestSchema,
  index_digest: digestSchema.nullable(),
  platform: z.object({ os: z.string(), architecture: z.string() }),
  labels: z.record(z.string(), z.string()),
  layers: z.array(layerSchema).max(512),
  bytes_total: z.number().int().nonnegative(),
})

export type Layer = z.infer<typeof layerSchema>
export type ResolvedImage = z.infer<typeof resolvedImageSchema>
