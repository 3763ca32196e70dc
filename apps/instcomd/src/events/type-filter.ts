import { Fault } from '@slipway/base'
import { eventTypes } from '@slipway/protocol'

/** Reads `machines.*,installation.completed` into the types it names; undefined names all. Throws `invalid-request`. */
export function parseTypes(text: string | undefined): ReadonlySet<string> {
  if (text === undefined || text === '') return new Set(eventTypes)
  const patterns = text.split(',').map((pattern) => pattern.trim())
  return new Set(patterns.flatMap(expand))
}

function expand(pattern: string): string[] {
  const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : null
  const found = eventTypes.filter((type) => (prefix === null ? type === pattern : type.startsWith(prefix)))
  if (found.length > 0) return found
  throw new Fault(
    'invalid-request',
    `types: "${pattern}" names no event; there are ${eventTypes.join(', ')}, and patterns such as machines.*`,
  )
}
