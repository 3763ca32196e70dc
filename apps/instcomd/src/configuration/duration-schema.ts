import { parseDuration } from '@slipway/base'
import { z } from 'zod'

/** A duration as text (`30s`, `1h30m`), read as milliseconds. Bounds in milliseconds. */
export function duration(bounds: { min: number; max: number }) {
  return z.string().transform((text, context): number => {
    const ms = readMs(text)
    if (ms !== null && ms >= bounds.min && ms <= bounds.max) return ms
    const message =
      ms === null
        ? `"${text}" is not a duration; write for example 30s, 5m or 1h30m`
        : `${text} is out of bounds (${bounds.min / 1000} s to ${bounds.max / 1000} s)`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

function readMs(text: string): number | null {
  try {
    return parseDuration(text)
  } catch {
    return null // the caller says it with the place
  }
}
