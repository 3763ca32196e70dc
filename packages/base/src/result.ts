/** An expected outcome as a value: `ok` with what was wanted, or the reason why not. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Makes the good outcome. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** Makes the bad outcome. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}

/** Ends the program text at a place that the types say cannot be reached; makes switches exhaustive. */
export function unreachable(value: never): never {
  throw new Error(`unreachable value ${JSON.stringify(value)}`)
}
