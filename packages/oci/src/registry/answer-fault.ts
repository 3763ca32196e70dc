import type { IncomingMessage } from 'node:http'
import { Fault, type FaultCode } from '@slipway/base'
import { z } from 'zod'
import { readBody, readBounded } from './exchange.ts'

/** Error bodies are small JSON (distribution-spec 1.1, "Error codes"); the rest of a page is not read. */
const longestErrorBody = 64 * 1024
const errorBodySchema = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).min(1),
})

/** Turns an HTTP error of a registry into a Fault that carries the registry's own words in `details.registry_message`. */
export async function answerFault(
  answer: IncomingMessage,
  asked: { url: URL; what: string; hadCredentials: boolean; idleTimeoutMs: number; signal: AbortSignal },
): Promise<Fault> {
  const status = answer.statusCode ?? 0
  const words = await readWords(answer, asked)
  const details = {
    source: asked.url.origin,
    status,
    registry_code: words.code,
    registry_message: words.message,
    ...retryAfter(answer),
  }
  const said = words.message === null ? `HTTP ${status}` : `HTTP ${status}, "${words.message}"`
  return new Fault(
    codeOf(status),
    `${asked.url.host} answered ${said} for ${asked.what}; ${cureOf(status, asked.hadCredentials)}`,
    { details },
  )
}

async function readWords(
  answer: IncomingMessage,
  asked: { url: URL; idleTimeoutMs: number; signal: AbortSignal },
): Promise<{ code: string | null; message: string | null }> {
  let text: string
  try {
    text = (await readBounded(readBody(answer, asked.url, asked), longestErrorBody, 'an error body')).toString('utf8')
  } catch {
    if (asked.signal.aborted) throw asked.signal.reason
    return { code: null, message: null } // the status alone already tells what happened
  }
  const parsed = errorBodySchema.safeParse(jsonOrNull(text))
  const first = parsed.success ? parsed.data.errors[0] : undefined
  if (first !== undefined) return { code: short(first.code), message: short(first.message ?? first.code) }
  const plain = /^[\x20-\x7e\s]{1,500}$/.test(text) && !text.includes('<') ? text.trim() : ''
  return { code: null, message: short(plain) }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function short(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text.slice(0, 500)
}

function codeOf(status: number): FaultCode {
  if (status === 404) return 'image-not-found'
  if (status === 408 || status === 429 || status >= 500) return 'registry-unreachable'
  return 'registry-refused'
}

function cureOf(status: number, hadCredentials: boolean): string {
  if (status === 404) return 'check the repository, tag or digest'
  if (status === 429) return 'the registry limits requests: wait, log in, or name a mirror'
  if (status === 401 || status === 403) {
    return hadCredentials
      ? 'check username and password and the rights on the repository'
      : 'set username and password_file for this registry'
  }
  if (status >= 500) return "see the registry's log"
  return 'check that this host is an OCI registry'
}

function retryAfter(answer: IncomingMessage): { retry_after_s?: number } {
  const seconds = Number(answer.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? { retry_after_s: seconds } : {}
}
