/** The steps of a JSON pointer (RFC 6901), the empty one before the first slash included. */
export function pointerSteps(pointer: string): string[] {
  return pointer.split('/').map(unescapeStep)
}

export function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** What the typed config has at a pointer; undefined: nothing. */
export function valueAt(config: unknown, pointer: string): unknown {
  let at = config
  for (const key of pointerSteps(pointer).slice(1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    // Safe: an object that has the key.
    at = (at as Record<string, unknown>)[key]
  }
  return at
}
