import { Fault } from '@slipway/base'
import { digestSchema } from '@slipway/protocol'
import { z } from 'zod'

// Registry answers are hostile: every number and list has a bound, unknown members are dropped (the formats are open).
const bytesSchema = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const word = z.string().max(256)

export const platformSchema = z.object({
  os: word,
  architecture: word,
  variant: word.optional(),
})

export const descriptorSchema = z.object({
  mediaType: word,
  digest: digestSchema,
  size: bytesSchema,
  platform: platformSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})

export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: word.optional(),
  manifests: z.array(descriptorSchema).max(1024),
})

export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: word.optional(),
  artifactType: word.optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(512),
})

export const imageConfigSchema = z.object({
  os: word,
  architecture: word,
  variant: word.optional(),
  config: z.object({ Labels: z.record(z.string().max(1024), z.string().max(65536)).nullish() }).nullish(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(digestSchema).max(512) }),
})

/** A blob or manifest as another document names it. */
export type Descriptor = z.infer<typeof descriptorSchema>
export type ImageIndex = z.infer<typeof indexSchema>
export type ImageManifest = z.infer<typeof manifestSchema>
export type ImageConfig = z.infer<typeof imageConfigSchema>

/** Parses one JSON document of an image; throws `image-invalid` naming the document and the first wrong member. */
export function parseDocument<T>(what: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Fault('image-invalid', `${what} is not JSON; push the image again`, { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue === undefined ? '' : ` at ${issue.path.join('.') || 'its root'}: ${issue.message}`
  throw new Fault('image-invalid', `${what} does not have the documented shape${place}; push the image again`, {
    cause: parsed.error,
  })
}
