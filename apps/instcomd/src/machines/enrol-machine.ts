import { randomBytes, timingSafeEqual } from 'node:crypto'
import { Fault } from '@slipway/base'
import { certificateName, enrolmentProof, type EnrollResponse } from '@slipway/protocol'
import { z } from 'zod'
import type { Pki } from '../pki/pki.ts'
import { controlFault } from './control-fault.ts'
import type { FirstContact } from './first-contact.ts'
import { readCertificate, type CertificateFacts } from './tls-facts.ts'

const machineIdSchema = z.string().min(1).max(128)

type Phase<K extends EnrollResponse['phase']['case']> = Extract<EnrollResponse['phase'], { case: K }>
export type Challenge = Phase<'challenge'>['value']

/** Where the shared secret of a challenge comes from; null: it is not known (yet), so the machine stays unenrolled. */
export type FindSecret = (challenge: Challenge) => Promise<string | null>

export type EnrolOutcome =
  | { readonly kind: 'enrolled'; readonly machine_id: string; readonly certificate: CertificateFacts }
  | { readonly kind: 'secret-missing'; readonly machine_id: string; readonly mode: 'token' | 'code' }

/**
 * Runs the three calls of enrolment (security.md, "First contact") and hands the machine its certificate.
 * Throws `enrolment-refused` when a proof is wrong, `machine-unreachable` when the machine goes away.
 */
export async function enrolMachine(input: {
  address: string
  port: number
  /** Null for a manual entry: the machine says who it is. */
  expectedId: string | null
  contact: FirstContact
  pki: Pki
  findSecret: FindSecret
}): Promise<EnrolOutcome> {
  try {
    return await exchange(input)
  } catch (error) {
    throw controlFault({ machine_id: input.expectedId ?? '(unknown)', address: input.address, port: input.port }, error)
  }
}

async function exchange(input: Parameters<typeof enrolMachine>[0]): Promise<EnrolOutcome> {
  const { contact, pki, expectedId } = input
  const identity = pki.identity()
  const nonce = randomBytes(32).toString('base64')
  const hello = { instcomdCertificatePem: identity.certificatePem, nonce }
  const challenge = expectPhase(await contact.client.enroll({ phase: { case: 'hello', value: hello } }), 'challenge')
  const machine_id = machineIdSchema.parse(challenge.machineId)
  if (expectedId !== null && machine_id !== expectedId) throw refused(expectedId, `it calls itself ${machine_id}`)
  const mode = challenge.mode === 'token' ? 'token' : 'code'
  const secret = await input.findSecret(challenge)
  if (secret === null) return { kind: 'secret-missing', machine_id, mode }

  const proof = {
    secret,
    instcomdFingerprint: identity.fingerprint,
    machineFingerprint: contact.certificate.fingerprint,
    instcomdNonce: nonce,
    machineNonce: challenge.nonce,
  }
  const mac = await enrolmentProof({ ...proof, role: 'instcomd' })
  const { session } = challenge
  const signing = expectPhase(
    await contact.client.enroll({ phase: { case: 'proof', value: { session, mac } } }),
    'signing',
  )
  const expected = await enrolmentProof({ ...proof, role: 'machine' })
  if (!sameText(signing.mac, expected)) throw refused(machine_id, 'its own proof of the secret is wrong')

  const issued = await pki.issue({ csrPem: signing.csrPem, uri: certificateName.machine(machine_id) })
  const finish = { session, certificatePem: issued.certificatePem, caPem: pki.caPem }
  expectPhase(await contact.client.enroll({ phase: { case: 'finish', value: finish } }), 'done')
  return { kind: 'enrolled', machine_id, certificate: readCertificate(issued.certificatePem) }
}

function expectPhase<K extends 'challenge' | 'signing' | 'done'>(
  response: EnrollResponse,
  phase: K,
): Phase<K>['value'] {
  if (response.phase.case !== phase)
    throw new Fault(
      'invalid-request',
      `machined answered "${response.phase.case ?? 'nothing'}" where enrolment expects "${phase}"`,
    )
  return response.phase.value as Phase<K>['value'] // `as`: TypeScript does not narrow a union by a generic key
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function refused(machineId: string, why: string): Fault {
  return new Fault(
    'enrolment-refused',
    `machine ${machineId} was not enrolled: ${why}; check that its medium was built for this server`,
    { details: { machine_id: machineId } },
  )
}
