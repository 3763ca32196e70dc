/** One thing that `--diagnose` looked at. A `problem` keeps the agent from its work; a `warning` does not yet. */
export interface Check {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do; absent when there is nothing to do. */
  readonly cure?: string
}

export function fine(check: string, message: string): Check {
  return { check, status: 'ok', message }
}

export function warning(check: string, message: string, cure: string): Check {
  return { check, status: 'warning', message, cure }
}

export function problem(check: string, message: string, cure: string): Check {
  return { check, status: 'problem', message, cure }
}
