/** One stage on the way to a machine, as `details.tried` lists them for registries too. */
export interface NetworkStage {
  readonly stage: 'route' | 'dns' | 'tcp' | 'tls' | 'http'
  readonly ok: boolean
  readonly detail: string
}

const order = ['route', 'tcp', 'tls', 'http'] as const

/**
 * Says how far a connection to a machine came: the stages before the failed one were passed. Machines are dialled by IP,
 * so there is no DNS. Empty when the error does not tell.
 */
export function networkStages(error: unknown): NetworkStage[] {
  const code = systemCode(error)
  const failed = code === null ? undefined : stageOf(code)
  if (failed === undefined) return []
  const passed = order.slice(0, order.indexOf(failed)).map((stage) => ({ stage, ok: true, detail: 'passed' }))
  return [...passed, { stage: failed, ok: false, detail: words(error) }]
}

// errno(3), and the names that Node gives TLS alerts and HTTP/2 errors.
function stageOf(code: string): (typeof order)[number] | undefined {
  if (/^(ENETUNREACH|EHOSTUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL)$/.test(code)) return 'route'
  if (/^(ECONNREFUSED|ETIMEDOUT)$/.test(code)) return 'tcp'
  if (/^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED)/.test(code)) return 'tls'
  return /^(ECONNRESET|EPIPE|ERR_HTTP2)/.test(code) ? 'http' : undefined
}

function systemCode(error: unknown): string | null {
  for (let next = error, depth = 0; next instanceof Error && depth < 6; next = next.cause, depth += 1)
    if ('code' in next && typeof next.code === 'string' && /^[A-Z]/.test(next.code)) return next.code
  return null
}

function words(error: unknown): string {
  let last = error
  for (let depth = 0; last instanceof Error && last.cause instanceof Error && depth < 6; depth += 1) last = last.cause
  return last instanceof Error ? last.message : String(last)
}
