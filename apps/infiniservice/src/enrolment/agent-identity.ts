import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, type Logger } from '@slipway/base'
import { agentListenerRoutes } from '@slipway/protocol'
import { writeDurably } from '../durable-file.ts'
import { dialServer, type AgentCertificate, type ServerAddress } from '../link/websocket/dial-server.ts'
import { postJson } from '../link/websocket/http-exchange.ts'
import { makeCertificateRequest } from './certificate-request.ts'

/** security.md: an expired certificate may be used for renewal only, for 180 days. */
const renewableMs = 180 * 86_400_000
/** After a failed renewal of a certificate that is still good. */
const renewalRetryMs = 3_600_000

export interface AgentIdentityOptions {
  readonly server: ServerAddress
  readonly machineId: string
  /** Holds `key.pem` and `certificate.pem`, 0600. */
  readonly folder: string
  /** The one-time token; removed when it was used. */
  readonly tokenFile: string
  readonly logger: Logger
  readonly now?: () => number
}

/** Makes the function that gives the agent's certificate: enrolled by the token the first time, renewed from half its life on. */
export function makeAgentIdentity(options: AgentIdentityOptions): (signal: AbortSignal) => Promise<AgentCertificate> {
  const now = options.now ?? Date.now
  let renewalAt = 0
  return async (signal) => {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    const keyPem = readKey(join(options.folder, 'key.pem'))
    const held = readText(certificateFile(options))
    const life = held === null ? null : lifeOf(held)
    if (held === null || !life || now() > life.end + renewableMs) return enrol(options, keyPem, signal)
    const own = { certificatePem: held, keyPem }
    if (now() < Math.max(life.half, now() < life.end ? renewalAt : 0)) return own
    try {
      return await renew(options, own, signal)
    } catch (error) {
      if (now() >= life.end) throw error
      renewalAt = now() + renewalRetryMs
      options.logger.warn({ error: String(error) }, 'the certificate could not be renewed; the old one is still good')
      return own
    }
  }
}

async function enrol(options: AgentIdentityOptions, keyPem: string, signal: AbortSignal): Promise<AgentCertificate> {
  const token = readText(options.tokenFile)?.trim()
  if (!token)
    throw new Fault(
      'machine-not-enrolled',
      `this machine has no certificate for the server and no token to get one; put a new enrolment token into ${options.tokenFile}`,
    )
  const body = { machine_id: options.machineId, token, csr_pem: request(options, keyPem) }
  const own = await ask(options, null, agentListenerRoutes.enrollAgent, body, keyPem, signal)
  rmSync(options.tokenFile, { force: true })
  options.logger.info({}, 'enrolled: the server gave this machine its certificate')
  return own
}

async function renew(
  options: AgentIdentityOptions,
  own: AgentCertificate,
  signal: AbortSignal,
): Promise<AgentCertificate> {
  const body = { csr_pem: request(options, own.keyPem) }
  const fresh = await ask(options, own, agentListenerRoutes.renewAgent, body, own.keyPem, signal)
  options.logger.info({}, 'the certificate was renewed')
  return fresh
}

async function ask(
  options: AgentIdentityOptions,
  own: AgentCertificate | null,
  route: (typeof agentListenerRoutes)['enrollAgent' | 'renewAgent'],
  body: object,
  keyPem: string,
  outer: AbortSignal,
): Promise<AgentCertificate> {
  const { hostname, port } = options.server
  const signal = AbortSignal.any([outer, AbortSignal.timeout(20_000)]) // signing takes milliseconds; a queue, seconds
  const socket = await dialServer(options.server, own, signal)
  const { status, value } = await postJson(socket, { host: `${hostname}:${port}`, path: route.path, body }, signal)
  if (status !== 200 && status !== 201) throw refusal(status, value)
  const { certificate_pem: certificatePem } = route.response.parse(value)
  const certificate = new X509Certificate(certificatePem)
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
    throw new Fault(
      'certificate-refused',
      'the server signed another key than this agent’s; the answer was thrown away',
    )
  writeDurably(certificateFile(options), certificatePem)
  return { certificatePem, keyPem }
}

function refusal(status: number, value: unknown): Fault {
  const said = JSON.stringify(value).slice(0, 500)
  const code = status >= 500 || status === 429 ? 'server-unreachable' : 'enrolment-refused'
  return new Fault(code, `the server answered ${status} to the request for a certificate: ${said}`)
}

function request(options: AgentIdentityOptions, keyPem: string): string {
  return makeCertificateRequest(createPrivateKey(keyPem), options.machineId)
}

function certificateFile(options: AgentIdentityOptions): string {
  return join(options.folder, 'certificate.pem')
}

/** The key never leaves the machine and lasts as long as the agent's state. */
function readKey(file: string): string {
  const held = readText(file)
  if (held !== null) return held
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  writeDurably(file, pem)
  return pem
}

/** Null when the text is no certificate: enrolling again is the cure. */
function lifeOf(pem: string): { half: number; end: number } | null {
  try {
    const certificate = new X509Certificate(pem)
    const end = Date.parse(certificate.validTo)
    return { half: (Date.parse(certificate.validFrom) + end) / 2, end }
  } catch {
    return null
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
