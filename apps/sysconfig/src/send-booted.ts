import { Fault, isFaultCode } from '@slipway/base'
import type { BootedReport, FirstBootReport } from '@slipway/protocol'
import { request } from 'node:https'
import type { PeerCertificate } from 'node:tls'
import { z } from 'zod'

/** One try: connect, handshake, answer. */
const tryTimeoutMs = 15_000
const answerLimit = 64 * 1024

/** What the control plane said to one report. */
export type Answer =
  | { readonly kind: 'accepted' }
  /** It will never accept this token: trying again is no use. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'later'; readonly message: string }

/** Statuses that say "not now": overloaded, restarting, a proxy without its server. */
const passing: ReadonlySet<number> = new Set([408, 425, 429])

/** Sends the report to one base address. Never throws: an unreachable server is an answer of kind `later`. */
export async function sendBooted(
  url: string,
  report: FirstBootReport,
  booted: BootedReport,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const target = new URL(`/api/install/${encodeURIComponent(report.installation_id)}/booted`, url)
    const { status, body } = await post(target, report.ca_pem, JSON.stringify(booted), signal)
    if (status >= 200 && status < 300) return { kind: 'accepted' }
    const message = `${url} answered ${status}: ${errorText(body)}`
    return { kind: status >= 500 || passing.has(status) ? 'later' : 'refused', message }
  } catch (error) {
    return { kind: 'later', message: `${url}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function post(url: URL, ca: string, body: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        ca,
        minVersion: 'TLSv1.3',
        // The server is dialled by an address it may not know (NAT): its chain and its name by URI count instead.
        checkServerIdentity: checkServerName,
        signal: AbortSignal.any([signal, AbortSignal.timeout(tryTimeoutMs)]),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        agent: false,
      },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          if (text.length < answerLimit) text += chunk
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
        incoming.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** security.md: the chain and the expected URI name, not the host name. */
export function checkServerName(_host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ')
  if (names.some((name) => /^URI:slipway:instcomd\/[A-Za-z0-9_.-]+$/.test(name))) return undefined
  return new Fault(
    'certificate-refused',
    `the server’s certificate names ${names.join(', ') || 'nobody'}, not slipway:instcomd/…`,
  )
}

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

function errorText(body: string): string {
  try {
    const { code, message } = errorSchema.parse(JSON.parse(body)).error
    return isFaultCode(code) ? `${code}: ${message}` : message
  } catch {
    return body.slice(0, 200)
  }
}
