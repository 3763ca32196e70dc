import { randomBytes } from 'node:crypto'
import { backoffDelay, delay, isFault, toFault, type Backoff, type Logger } from '@slipway/base'
import {
  enrolmentProof,
  enrollResponseSchema,
  parseEnrolmentToken,
  type EnrolmentFile,
  type SelfEnrolment,
} from '@slipway/protocol'
import type { Identity } from '../identity/identity.ts'
import { postPinned } from './pinned-request.ts'

/** A server may be down for as long as it likes; the machine stays in the live environment and asks again. */
const backoff: Backoff = { firstMs: 500, capMs: 30_000, tries: Number.POSITIVE_INFINITY }

export interface SelfRegistration {
  readonly urls: readonly string[]
  readonly file: EnrolmentFile
  readonly identity: Identity
  /** Port that machined listens on. */
  readonly port: number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onEnrolled: (url: string) => void
}

/** Asks instcomd for a certificate until there is one, this way or another; ends quietly when the signal aborts. */
export async function registerUntilEnrolled(input: SelfRegistration): Promise<void> {
  for (let attempt = 1; !input.signal.aborted && !input.identity.pinned; attempt += 1) {
    for (const url of input.urls) {
      if (input.identity.pinned || input.signal.aborted) return
      if (await tryOnce(input, url)) return
    }
    await delay(backoffDelay(backoff, attempt), input.signal).catch(() => undefined) // the loop looks at the signal
  }
}

async function tryOnce(input: SelfRegistration, url: string): Promise<boolean> {
  try {
    await register(input, url)
    input.onEnrolled(url)
    return true
  } catch (error) {
    if (input.signal.aborted || isFault(error, 'cancelled')) return false
    const fault = toFault(error)
    input.logger.warn({ url, code: fault.code }, `registration was not taken: ${fault.message}`)
    return false
  }
}

async function register(input: SelfRegistration, url: string): Promise<void> {
  const { identity, file, signal } = input
  const body = (server: string) => makeRequest(input, server)
  const answer = await postPinned({ url: new URL('/api/enroll', url), caPem: file.ca_pem, signal, body })
  const { certificate_pem } = enrollResponseSchema.parse(answer)
  if (!identity.pinned) await identity.pin(certificate_pem, file.ca_pem)
}

async function makeRequest(input: SelfRegistration, serverFingerprint: string): Promise<SelfEnrolment> {
  const { identity, file } = input
  const token = parseEnrolmentToken(file.token)
  const nonce = randomBytes(32).toString('base64')
  const { fingerprint } = identity
  const mac = await enrolmentProof({
    secret: token?.secret ?? '',
    role: 'machine',
    instcomdFingerprint: serverFingerprint,
    machineFingerprint: fingerprint,
    instcomdNonce: '',
    machineNonce: nonce,
  })
  return {
    token_id: token?.id ?? '',
    csr_pem: await identity.request(),
    machine_id: identity.machineId,
    port: input.port,
    fingerprint,
    nonce,
    mac,
  }
}
