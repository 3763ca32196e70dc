import { Fault } from '@slipway/base'
import type { z } from 'zod'

/** Parses a tool's JSON output with a schema; throws `command-failed` naming the tool when it has another shape. */
export function parseToolJson<T extends z.ZodType>(schema: T, text: string, tool: string): z.infer<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Fault('command-failed', `${tool} printed something that is not JSON`, {
      cause: error,
      details: { last_words: text.slice(-200) },
    })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Fault('command-failed', `${tool} printed JSON of an unknown shape; is its version supported?`, {
    cause: parsed.error,
  })
}
