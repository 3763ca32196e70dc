import * as z from 'zod/mini'

export const digestSchema = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/))

/** One layer of a resolved image: `digest` and `bytes` of the blob, `diff_id` of the decompressed tar. */
export const layerSchema = z.object({
  digest: digestSchema,
  diff_id: digestSchema,
  media_type: z.string().check(z.maxLength(256)),
  bytes: z.int().check(z.nonnegative()),
})

/** An image reference resolved for one platform; what a plan pins. `digest` names the platform's manifest. */
export const resolvedImageSchema = z.object({
  reference: z.string().check(z.maxLength(1024)),
  digest: digestSchema,
  index_digest: z.nullable(digestSchema),
  platform: z.object({ os: z.string(), architecture: z.string() }),
  labels: z.record(z.string(), z.string()),
  layers: z.array(layerSchema).check(z.maxLength(512)),
  bytes_total: z.int().check(z.nonnegative()),
})

export type Layer = z.infer<typeof layerSchema>
export type ResolvedImage = z.infer<typeof resolvedImageSchema>
