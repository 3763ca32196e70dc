import { randomBytes, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { Fault, type Logger } from '@slipway/base'
import { certificateName, enrolmentProof, type EnrolmentToken, type SelfEnrolment } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import type { Pki } from '../pki/pki.ts'
import type { Secrets } from '../pki/secrets.ts'
import { FailureLimit } from './failure-limit.ts'
import * as store from './store.ts'

/** A machine that enrolled by its medium's token. `fingerprint` is of the certificate that it was given now. */
export interface EnrolledMachine {
  readonly machineId: string
  readonly address: string
  readonly port: number
  readonly fingerprint: string
}

export interface EnrollmentsOptions {
  readonly database: Database
  readonly pki: Pki
  readonly secrets: Secrets
  readonly logger: Logger
  /** Where machines reach this server, for the enrolment file. */
  machineUrls(): readonly string[]
  /** Called before the certificate is handed out; what it throws (`machine-conflict`) is the machine's answer. */
  onMachineEnrolled(machine: EnrolledMachine): Promise<void>
}

/** Enrolment tokens for live media, and the machines that come with them (security.md, "First contact"). */
export interface Enrollments {
  list(before: string | null, limit: number): Promise<EnrolmentToken[]>
  create(
    input: { ttl_seconds: number; max_machines: number; allowed_networks: readonly string[] },
    actor: string,
  ): Promise<EnrolmentToken & { token: string; ca_pem: string; instcomd: string[] }>
  /** No machine enrols with it from then on; those that did stay. Throws `not-found`. */
  revoke(id: string): Promise<void>
  enroll(request: SelfEnrolment, sourceAddress: string): Promise<{ certificate_pem: string; ca_pem: string }>
}

export function makeEnrollments(options: EnrollmentsOptions): Enrollments {
  const { database, pki, secrets } = options
  const limit = new FailureLimit()
  return {
    list: async (before, count) => (await store.listTokens(database, before, count)).map(toToken),
    async create(input, actor) {
      input.allowed_networks.forEach(requireNetwork)
      const id = makeTokenId()
      const secret = randomBytes(32).toString('hex')
      const row = await store.insertToken(database, {
        id,
        secretSealed: secrets.encrypt(secret, contextOf(id)),
        createdBy: actor,
        ttlSeconds: input.ttl_seconds,
        maxMachines: input.max_machines,
        allowedNetworks: input.allowed_networks,
      })
      return { ...toToken(row), token: `swe_${id}_${secret}`, ca_pem: pki.caPem, instcomd: [...options.machineUrls()] }
    },
    async revoke(id) {
      if (!(await store.revokeToken(database, id)))
        throw new Fault(
          'not-found',
          `there is no enrolment token ${id}; the list of tokens shows those that are in force`,
        )
    },
    async enroll(request, sourceAddress) {
      limit.check(sourceAddress)
      try {
        return await enroll(options, request, sourceAddress)
      } catch (error) {
        if (error instanceof Fault && error.code === 'enrolment-refused') limit.failed(sourceAddress)
        throw error
      }
    },
  }
}

async function enroll(options: EnrollmentsOptions, request: SelfEnrolment, sourceAddress: string) {
  const { database, pki } = options
  const row = await store.findToken(database, request.token_id)
  const proven = row !== null && (await isProven(options, row, request))
  // One message for both: it tells a stranger nothing about which tokens exist.
  if (!row || !proven) throw refused('the enrolment token is not known here, or its proof is wrong')
  if (row.expired)
    throw refused(
      `the enrolment token ${row.id} expired on ${row.expires_at.toISOString()}; build live media with a new one`,
    )
  if (!isAllowed(row.allowed_networks, sourceAddress))
    throw refused(
      `the enrolment token ${row.id} is not good for ${sourceAddress}; it allows ${row.allowed_networks.join(', ')}`,
    )
  if (!(await database.transaction((tx) => store.countMachine(tx, row.id, request.machine_id))))
    throw refused(`the enrolment token ${row.id} is used up (${row.max_machines} machines); make a new one`)
  const issued = await pki.issue({ csrPem: request.csr_pem, uri: certificateName.machine(request.machine_id) })
  const machine = {
    machineId: request.machine_id,
    address: plainAddress(sourceAddress),
    port: request.port,
    fingerprint: issued.fingerprint,
  }
  await options.onMachineEnrolled(machine)
  options.logger.info(
    { machine_id: request.machine_id, address: machine.address, token_id: row.id },
    `Machine enrolled: ${request.machine_id} at ${machine.address}`,
  )
  return { certificate_pem: issued.certificatePem, ca_pem: pki.caPem }
}

async function isProven(options: EnrollmentsOptions, row: store.TokenRow, request: SelfEnrolment): Promise<boolean> {
  const expected = await enrolmentProof({
    secret: options.secrets.decrypt(row.secret_sealed, contextOf(row.id)),
    role: 'machine',
    instcomdFingerprint: options.pki.identity().fingerprint,
    machineFingerprint: request.fingerprint,
    instcomdNonce: '',
    machineNonce: request.nonce,
  })
  return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(request.mac, 'hex'))
}

/** `::ffff:192.0.2.1`, as sockets for both families report it, is 192.0.2.1. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}

/** An empty list allows every address. */
export function isAllowed(networks: readonly string[], sourceAddress: string): boolean {
  if (networks.length === 0) return true
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  const address = plainAddress(sourceAddress)
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function requireNetwork(network: string): void {
  const [address = '', bits = ''] = network.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  if (family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most) return
  throw new Fault(
    'invalid-request',
    `allowed_networks: "${network}" is not a network such as 192.168.10.0/24 or fd00::/8`,
  )
}

/** Sorts by time of creation; protocol admits digits and lower-case letters alone. */
function makeTokenId(): string {
  return Date.now().toString(36).padStart(9, '0') + randomBytes(4).toString('hex')
}

/** The context that a token's secret is sealed under. */
export function contextOf(id: string): string {
  return `enrolment:${id}`
}

function refused(message: string): Fault {
  return new Fault('enrolment-refused', message)
}

function toToken(row: store.TokenRow): EnrolmentToken {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    max_machines: row.max_machines,
    used: row.used,
    allowed_networks: row.allowed_networks,
  }
}
