import { randomBytes, X509Certificate } from 'node:crypto'
import { ConnectError, createClient, type Client } from '@connectrpc/connect'
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { toFault, type Fault } from '@slipway/base'
import { certificateName, connectToFault, enrolmentProof, Machined } from '@slipway/protocol'
import { fingerprintOf } from '../identity/verify-chain.ts'
import type { Issued, TestCa } from './test-ca.ts'

export type MachinedClient = Client<typeof Machined> & { close(): void }

/** Dials machined as instcomd does, with a certificate or without one; who machined is, is not looked at here. */
export function connectAs(port: number, issued: Issued | null): MachinedClient {
  const baseUrl = `https://127.0.0.1:${port}`
  const identity = issued && { cert: issued.certificatePem, key: issued.keyPem }
  const manager = new Http2SessionManager(baseUrl, {}, { rejectUnauthorized: false, ...identity })
  const transport = createConnectTransport({ baseUrl, httpVersion: '2', sessionManager: manager })
  return Object.assign(createClient(Machined, transport), { close: () => manager.abort() })
}

/** The Fault that a refused call brought, as instcomd rebuilds it. */
export async function faultOf(call: Promise<unknown>): Promise<Fault> {
  return call.then(
    () => {
      throw new Error('the call was expected to be refused')
    },
    (error: unknown) => (error instanceof ConnectError ? connectToFault(error) : toFault(error)),
  )
}

/** instcomd's side of enrolment, in three calls. */
export async function enrolAs(input: {
  client: MachinedClient
  ca: TestCa
  instcomd: Issued
  secret: string
  machinePem: string
  /** Given where instcomd is an impostor. */
  handOver?: { caPem?: string; uri?: string }
}): Promise<void> {
  const { client, ca, instcomd } = input
  const nonce = randomBytes(32).toString('base64')
  const hello = { case: 'hello' as const, value: { instcomdCertificatePem: instcomd.certificatePem, nonce } }
  const challenge = (await client.enroll({ phase: hello })).phase
  if (challenge.case !== 'challenge') throw new Error('no challenge')
  const proofInput = {
    secret: input.secret,
    instcomdFingerprint: fingerprintOf(new X509Certificate(instcomd.certificatePem)),
    machineFingerprint: fingerprintOf(new X509Certificate(input.machinePem)),
    instcomdNonce: nonce,
    machineNonce: challenge.value.nonce,
  }
  const { session, machineId } = challenge.value
  const mac = await enrolmentProof({ ...proofInput, role: 'instcomd' })
  const signing = (await client.enroll({ phase: { case: 'proof', value: { session, mac } } })).phase
  if (signing.case !== 'signing') throw new Error('no request')
  const expected = await enrolmentProof({ ...proofInput, role: 'machine' })
  if (signing.value.mac !== expected) throw new Error('the machine did not prove that it knows the secret')
  const certificatePem = await ca.signRequest(
    signing.value.csrPem,
    input.handOver?.uri ?? certificateName.machine(machineId),
  )
  const value = { session, certificatePem, caPem: input.handOver?.caPem ?? ca.caPem }
  await client.enroll({ phase: { case: 'finish', value } })
}
