import type { ScriptFinding } from '@slipway/protocol'

/** A problem before its place in the text is known: `at` is an offset into the program, for findings about it. */
export interface RawFinding {
  readonly severity: ScriptFinding['severity']
  readonly code: string
  readonly message: string
  readonly cure: string | null
  /** Keys and indexes from the top of the file. */
  readonly path: readonly (string | number)[]
  readonly at?: number
}

/** Makes an error that stops the file from being saved. */
export function scriptError(path: RawFinding['path'], code: string, message: string, cure: string): RawFinding {
  return { severity: 'error', code, message, cure, path }
}

/** Makes a warning. */
export function scriptWarning(path: RawFinding['path'], code: string, message: string, cure: string): RawFinding {
  return { severity: 'warning', code, message, cure, path }
}

/** Prints `inputs[0].validation.pattern`. */
export function printPath(path: RawFinding['path']): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')
}

/** Tells whether nothing stops the file. */
export function isValid(findings: readonly Pick<ScriptFinding, 'severity'>[]): boolean {
  return findings.every(({ severity }) => severity !== 'error')
}
