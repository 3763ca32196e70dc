import { Fault } from '@slipway/base'
import { z } from 'zod'

const nothing = z.strictObject({})

/** Parses params, query or body by the route's schema; a route without one takes nothing. Throws `invalid-request` with every issue. */
export function parsePart(
  name: 'params' | 'query' | 'body',
  schema: z.core.$ZodType | undefined,
  value: unknown,
): unknown {
  if (!schema) {
    parseWith(name, nothing, value ?? {})
    return undefined
  }
  return parseWith(name, schema, value)
}

function parseWith(name: string, schema: z.core.$ZodType, value: unknown): unknown {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({
    path: [name, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
  const words = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new Fault('invalid-request', `the request is not of the documented shape: ${words}`, { details: { issues } })
}
