import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { X509Certificate } from 'node:crypto'
import {
  bootedReportSchema,
  certificateName,
  enrolmentProof,
  enrollRequestSchema,
  type BootedReport,
} from '@slipway/protocol'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fingerprintOf } from '../identity/verify-chain.ts'
import { makeTestCa, type Issued, type TestCa } from './test-ca.ts'

/** The machine listener of an instcomd, as machines see it: registration by token and first-boot reports. */
export interface TestInstcomd {
  readonly ca: TestCa
  readonly issued: Issued
  readonly url: string
  readonly enrolled: Map<string, { port: number; times: number }>
  readonly booted: { installationId: string; report: BootedReport }[]
  close(): Promise<void>
}

export async function startTestInstcomd(secret: string, options: { uri?: string } = {}): Promise<TestInstcomd> {
  const ca = await makeTestCa()
  const issued = await ca.issue(options.uri ?? certificateName.instcomd('test'))
  const enrolled: TestInstcomd['enrolled'] = new Map()
  const booted: TestInstcomd['booted'] = []
  const fingerprint = fingerprintOf(new X509Certificate(issued.certificatePem))

  async function answer(path: string, body: unknown): Promise<[number, object]> {
    const report = /^\/api\/install\/([^/]+)\/booted$/.exec(path)
    if (report?.[1]) {
      booted.push({ installationId: report[1], report: bootedReportSchema.parse(body) })
      return [200, { confirmed: true }]
    }
    if (path !== '/api/enroll') return [404, {}]
    const request = enrollRequestSchema.parse(body)
    const expected = await enrolmentProof({
      secret,
      role: 'machine',
      instcomdFingerprint: fingerprint,
      machineFingerprint: request.fingerprint,
      instcomdNonce: '',
      machineNonce: request.nonce,
    })
    if (expected !== request.mac) return [403, { error: 'enrolment-refused' }]
    const times = (enrolled.get(request.machine_id)?.times ?? 0) + 1
    enrolled.set(request.machine_id, { port: request.port, times })
    const certificate_pem = await ca.signRequest(request.csr_pem, certificateName.machine(request.machine_id))
    return [200, { certificate_pem, ca_pem: ca.caPem }]
  }

  const server = createServer({ cert: issued.certificatePem, key: issued.keyPem }, (request, response) => {
    readJson(request)
      .then((body) => answer(request.url ?? '', body))
      .then(([status, json]) => send(response, status, json))
      .catch((error: unknown) => send(response, 400, { error: String(error) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    ca,
    issued,
    url: `https://127.0.0.1:${port}`,
    enrolled,
    booted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text)
}
