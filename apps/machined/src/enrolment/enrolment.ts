import { randomBytes, timingSafeEqual } from 'node:crypto'
import { Fault, type Logger } from '@slipway/base'
import { enrolmentProof, parseEnrolmentToken, type EnrolmentFile } from '@slipway/protocol'
import type { Identity } from '../identity/identity.ts'
import { fingerprintOf, instcomdName, readCertificates, verifyChain } from '../identity/verify-chain.ts'
import { codeSecret, makeEnrolmentCode } from './enrolment-code.ts'

/** security.md, "First contact": five tries, then a new code. */
const triesPerCode = 5
/** An exchange takes three round trips; what is left lying is dropped. */
const sessionMs = 60_000
/** Open exchanges; more means that somebody plays with us, the oldest goes. */
const maxSessions = 16

interface Session {
  readonly instcomdPem: string
  readonly instcomdFingerprint: string
  readonly instcomdNonce: string
  readonly machineNonce: string
  readonly machineFingerprint: string
  readonly startedAt: number
  isProven: boolean
}

export interface EnrolmentOptions {
  readonly identity: Identity
  readonly file: EnrolmentFile | null
  readonly logger: Logger
  readonly now: () => number
  /** Shown on every console; null when no code is needed (any more). */
  readonly onCode: (code: string | null) => void
}

export interface Challenge {
  readonly session: string
  readonly nonce: string
  readonly mode: 'token' | 'code'
  readonly tokenId: string
}

/**
 * The machine's side of enrolment, three calls long (machined.proto, security.md).
 * INVARIANTS
 * - No secret travels; both sides prove it by HMAC over both certificates and both nonces, compared in constant time.
 * - With a token the CA is the one on the live medium; with a code it is the one above the certificate that was proven.
 * - A pinned CA is never replaced by another before the next boot.
 */
export class Enrolment {
  readonly #options: EnrolmentOptions
  readonly #token: { id: string; secret: string } | null
  readonly #sessions = new Map<string, Session>()
  #code: string | null = null
  #triesLeft = triesPerCode

  constructor(options: EnrolmentOptions) {
    this.#options = options
    this.#token = options.file ? parseEnrolmentToken(options.file.token) : null
    if (options.file && !this.#token)
      throw new Fault('usage', 'the token in the enrolment file is malformed; make a new file')
    if (!this.#token && !options.identity.pinned) this.#renewCode()
  }

  hello(input: { instcomdPem: string; nonce: string }): Challenge {
    const { identity } = this.#options
    const [leaf, ...intermediates] = readCertificates(input.instcomdPem)
    if (!leaf) throw new Fault('certificate-refused', 'instcomd sent no certificate')
    instcomdName(leaf)
    const roots = identity.pinned?.ca_pem ?? this.#options.file?.ca_pem
    if (roots !== undefined) verifyChain({ leaf, intermediates, roots: readCertificates(roots), purpose: 'client' })
    if (!/^[A-Za-z0-9+/]{43}=$/.test(input.nonce))
      throw new Fault('invalid-request', 'the nonce must be 32 bytes in base64')
    const session = randomBytes(16).toString('hex')
    const machineNonce = randomBytes(32).toString('base64')
    this.#dropOld()
    this.#sessions.set(session, {
      instcomdPem: input.instcomdPem,
      instcomdFingerprint: fingerprintOf(leaf),
      instcomdNonce: input.nonce,
      machineNonce,
      machineFingerprint: identity.fingerprint,
      startedAt: this.#options.now(),
      isProven: false,
    })
    return { session, nonce: machineNonce, mode: this.#token ? 'token' : 'code', tokenId: this.#token?.id ?? '' }
  }

  /** Checks instcomd's proof and answers with the machine's own and its certificate request. */
  async proof(input: { session: string; mac: string }): Promise<{ csrPem: string; mac: string }> {
    const session = this.#find(input.session)
    const secret = this.#secret()
    this.#spendTry()
    const expected = await this.#mac(session, secret, 'instcomd')
    if (!isSame(expected, input.mac)) {
      this.#sessions.delete(input.session)
      throw this.#refused()
    }
    this.#triesLeft = triesPerCode
    session.isProven = true
    return { csrPem: await this.#options.identity.request(), mac: await this.#mac(session, secret, 'machine') }
  }

  /** Takes the certificate; from here on this CA is obeyed and no other until the next boot. */
  async finish(input: { session: string; certificatePem: string; caPem: string }): Promise<void> {
    const session = this.#find(input.session)
    if (!session.isProven) throw new Fault('enrolment-refused', 'the proof comes before the certificate')
    const { identity, file } = this.#options
    // Never what came with the call where something trusted is known already.
    const caPem = identity.pinned?.ca_pem ?? file?.ca_pem ?? input.caPem
    const [leaf, ...intermediates] = readCertificates(session.instcomdPem)
    if (!leaf) throw new Fault('certificate-refused', 'instcomd sent no certificate')
    verifyChain({ leaf, intermediates, roots: readCertificates(caPem), purpose: 'client' })
    await identity.pin(input.certificatePem, caPem)
    this.#sessions.delete(input.session)
    this.taken(instcomdName(leaf))
  }

  /** To be called when the machine got its certificate another way (self-registration), too. */
  taken(by: string): void {
    this.#code = null
    this.#options.onCode(null)
    this.#options.logger.info({ instcomd: by }, 'enrolled; this CA is obeyed until the next boot')
  }

  #secret(): string {
    if (this.#token) return this.#token.secret
    if (this.#code !== null) return codeSecret(this.#code)
    throw new Fault('enrolment-refused', 'this machine is enrolled already; it shows a new code after its next boot')
  }

  #mac(session: Session, secret: string, role: 'instcomd' | 'machine'): Promise<string> {
    const { instcomdFingerprint, machineFingerprint, instcomdNonce, machineNonce } = session
    return enrolmentProof({ secret, role, instcomdFingerprint, machineFingerprint, instcomdNonce, machineNonce })
  }

  /** Counted before the comparison, so that tries made at the same time all count. */
  #spendTry(): void {
    if (this.#token) return
    if (this.#triesLeft <= 0) throw this.#refused()
    this.#triesLeft -= 1
  }

  #refused(): Fault {
    if (this.#token)
      return new Fault(
        'enrolment-refused',
        'the proof is wrong: the server does not know the token of this live medium',
      )
    if (this.#triesLeft > 0) {
      return new Fault(
        'enrolment-refused',
        `the code is wrong; ${this.#triesLeft === 1 ? '1 try is' : `${this.#triesLeft} tries are`} left before the machine shows a new one`,
      )
    }
    this.#renewCode()
    return new Fault('enrolment-refused', 'the code was wrong too often; the machine shows a new one on its console')
  }

  #renewCode(): void {
    this.#code = makeEnrolmentCode()
    this.#triesLeft = triesPerCode
    this.#options.onCode(this.#code)
  }

  #find(id: string): Session {
    const session = this.#sessions.get(id)
    if (session && this.#options.now() - session.startedAt < sessionMs) return session
    throw new Fault('enrolment-refused', 'this exchange is not known or took too long; begin again')
  }

  #dropOld(): void {
    for (const [id, session] of this.#sessions) {
      const isOld = this.#options.now() - session.startedAt >= sessionMs
      if (isOld || this.#sessions.size >= maxSessions) this.#sessions.delete(id)
    }
  }
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
