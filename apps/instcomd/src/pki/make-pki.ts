import { Fault, type Logger } from '@slipway/base'
import { certificateName } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import {
  openCertificateAuthority,
  readRequest,
  type CertificateAuthority,
  type SignedCertificate,
} from './certificate-authority.ts'
import type { Pki } from './pki.ts'
import type { Secrets } from './secrets.ts'
import { exportKey, keyAlgorithm } from './x509.ts'

/** How often the own certificate's age is looked at; timers longer than 24 days do not exist, and machines sleep. */
const renewalCheckMs = 3_600_000

export interface PkiOptions {
  readonly database: Database
  readonly secrets: Secrets
  readonly logger: Logger
  readonly instanceId: string
  /** Names and addresses by which instcomd is reached, for its own certificate. */
  readonly hosts: { readonly dns: readonly string[]; readonly ip: readonly string[] }
}

interface Identity {
  readonly certificatePem: string
  readonly keyPem: string
  readonly fingerprint: string
  readonly renewAt: number
}

/** Opens the CA and makes this instance's certificate; renews it at half its life until `stop`. */
export async function makePki(options: PkiOptions): Promise<Pki & { renew(): Promise<void>; stop(): void }> {
  const authority = await openCertificateAuthority(options.database, options.secrets)
  const listeners = new Set<() => void>()
  let identity = await makeIdentity(authority, options)

  async function renew(): Promise<void> {
    identity = await makeIdentity(authority, options)
    options.logger.info({ fingerprint: identity.fingerprint }, 'Own certificate renewed')
    for (const listener of listeners) listener()
  }

  const timer = setInterval(() => {
    if (Date.now() < identity.renewAt) return
    renew().catch((error: unknown) =>
      options.logger.error({ err: error }, 'own certificate could not be renewed; tried again in an hour'),
    )
  }, renewalCheckMs)
  timer.unref()

  return {
    caPem: authority.caPem,
    identity: () => identity,
    async issue({ csrPem, uri }) {
      const { certificatePem, serial, fingerprint } = await authority.sign({ uri }, await readRequest(csrPem))
      return { certificatePem, serial, fingerprint }
    },
    isRevoked: (serial) => isRevoked(options.database, serial),
    revoke: (serial, reason) => revoke(options.database, serial, reason),
    onRenewed(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    renew,
    stop: () => clearInterval(timer),
  }
}

async function makeIdentity(authority: CertificateAuthority, options: PkiOptions): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const names = { uri: certificateName.instcomd(options.instanceId), ...options.hosts }
  const signed: SignedCertificate = await authority.sign(names, keys.publicKey)
  return {
    certificatePem: signed.certificatePem + authority.caPem,
    keyPem: await exportKey(keys.privateKey),
    fingerprint: signed.fingerprint,
    renewAt: (signed.notBefore.getTime() + signed.notAfter.getTime()) / 2,
  }
}

/** Serials as OpenSSL prints them are upper case, ours lower. */
async function isRevoked(database: Database, serial: string): Promise<boolean> {
  const [row] = await database.query<{ revoked: boolean }>(
    'SELECT revoked_at IS NOT NULL AS revoked FROM certificates WHERE serial = $1',
    [serial.toLowerCase()],
  )
  return row?.revoked ?? false
}

async function revoke(database: Database, serial: string, reason: string): Promise<void> {
  const rows = await database.query(
    'UPDATE certificates SET revoked_at = coalesce(revoked_at, now()), reason = coalesce(reason, $2) WHERE serial = $1 RETURNING 1',
    [serial.toLowerCase(), reason],
  )
  if (rows.length === 0) throw new Fault('not-found', `no certificate with serial ${serial} was issued here`)
}
