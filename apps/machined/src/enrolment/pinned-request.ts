import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@slipway/base'
import { fingerprintOf, instcomdName, readCertificates, verifyChain } from '../identity/verify-chain.ts'

/** An answer is a certificate or an error; more is none of ours. */
const maxAnswerBytes = 65_536
const timeoutMs = 20_000

export interface PinnedRequest {
  readonly url: URL
  readonly caPem: string
  readonly signal: AbortSignal
  /** Makes the body once the server has shown its certificate. */
  body(serverFingerprint: string): Promise<object>
}

/**
 * Posts JSON to instcomd's machine listener. TLS 1.3; the server's certificate is checked by us, before anything is
 * sent: against the given CA alone, for the URI name of an instcomd (it is dialled by address), and with the machine's
 * rule for bad clocks. Faults: `certificate-refused`, `server-unreachable`, `enrolment-refused` and others it answers.
 */
export async function postPinned(input: PinnedRequest): Promise<unknown> {
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(timeoutMs)])
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  // Node's own check is off because it knows neither URI names nor bad clocks; checkServer stands in its place.
  const call = request(input.url, {
    method: 'POST',
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    agent: false,
    headers: { 'content-type': 'application/json' },
    signal,
  })
  call.once('error', reject)
  call.once('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > maxAnswerBytes) response.destroy(new Fault('too-large', 'the server’s answer is too large'))
    })
    response.once('error', reject)
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  call.once('socket', (socket) => {
    socket.once('secureConnect', () => {
      sendChecked(input, socket as TLSSocket) // an https request's socket is one
        .then((body) => call.end(body))
        .catch((error: unknown) => call.destroy(error instanceof Error ? error : new Error(String(error))))
    })
  })
  return promise.then(readAnswer, (error: unknown) => {
    throw error instanceof Fault ? error : unreachable(input.url, error)
  })
}

async function sendChecked(input: PinnedRequest, socket: TLSSocket): Promise<string> {
  return JSON.stringify(await input.body(checkServer(socket, input.caPem)))
}

/** Returns the fingerprint of a server's certificate after checking its chain and name. */
function checkServer(socket: TLSSocket, caPem: string): string {
  const leaf = socket.getPeerX509Certificate()
  if (!leaf) throw new Fault('certificate-refused', 'the server showed no certificate')
  verifyChain({ leaf, intermediates: sentAlong(socket), roots: readCertificates(caPem), purpose: 'server' })
  instcomdName(leaf)
  return fingerprintOf(leaf)
}

/** The certificates that a peer sent beside its own. */
export function sentAlong(socket: Pick<TLSSocket, 'getPeerCertificate'>): X509Certificate[] {
  const chain: X509Certificate[] = []
  let certificate = socket.getPeerCertificate(true)
  // OpenSSL lets a self-signed certificate be its own issuer: the length ends the walk.
  while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate && chain.length < 4) {
    certificate = certificate.issuerCertificate
    chain.push(new X509Certificate(certificate.raw))
  }
  return chain
}

function readAnswer({ status, text }: { status: number; text: string }): unknown {
  if (status >= 200 && status < 300) return JSON.parse(text)
  const code =
    status === 409 ? 'machine-conflict' : status >= 500 || status === 429 ? 'server-unreachable' : 'enrolment-refused'
  throw new Fault(code, `the server answered ${status}: ${text.slice(0, 500)}`, { details: { status } })
}

function unreachable(url: URL, cause: unknown): Fault {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Fault(
    'server-unreachable',
    `${url.origin} does not answer: ${why}; check the address and the route to it`,
    { cause },
  )
}
