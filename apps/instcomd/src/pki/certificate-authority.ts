import { Fault, makeId } from '@slipway/base'
import type { Database, Transaction } from '../database/database.ts'
import type { Secrets } from './secrets.ts'
import { backdateMs, dayMs, exportKey, fingerprintOf, importKey, keyAlgorithm, makeSerial, x509 } from './x509.ts'

/** Any constant that nobody else locks: of several instances starting at once, one makes the CA. */
const advisoryLock = 7_534_212

const caDays = 3650
const leafDays = 30

/** Names that a certificate carries; at least the URI. */
export interface CertificateNames {
  readonly uri: string
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
}

export interface SignedCertificate {
  readonly certificatePem: string
  readonly serial: string
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Signs leaf certificates; records each, so that it can be revoked. */
export interface CertificateAuthority {
  readonly caPem: string
  sign(names: CertificateNames, publicKey: x509.PublicKeyType): Promise<SignedCertificate>
}

/** Opens the CA of this database; makes it at the first start. */
export async function openCertificateAuthority(database: Database, secrets: Secrets): Promise<CertificateAuthority> {
  const { sealed, public_pem: caPem } = await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    return (await readCa(tx)) ?? (await makeCa(tx, secrets))
  })
  const certificate = new x509.X509Certificate(caPem)
  const key = await importKey(secrets.decrypt(sealed, 'key:ca'))
  return { caPem, sign: (names, publicKey) => sign({ database, certificate, key, names, publicKey }) }
}

interface CaRow {
  readonly sealed: string
  readonly public_pem: string
}

async function readCa(tx: Transaction): Promise<CaRow | null> {
  const [row] = await tx.query<CaRow>("SELECT sealed, public_pem FROM keys WHERE kind = 'ca' AND retired_at IS NULL")
  return row ?? null
}

async function makeCa(tx: Transaction, secrets: Secrets): Promise<CaRow> {
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const id = makeId('ca')
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerial(),
    name: `CN=Slipway CA ${id}`,
    notBefore: new Date(Date.now() - backdateMs),
    notAfter: new Date(Date.now() + caDays * dayMs),
    keys,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const row = {
    sealed: secrets.encrypt(await exportKey(keys.privateKey), 'key:ca'),
    public_pem: `${certificate.toString('pem')}\n`,
  }
  await tx.query("INSERT INTO keys (id, kind, sealed, public_pem) VALUES ($1, 'ca', $2, $3)", [
    id,
    row.sealed,
    row.public_pem,
  ])
  return row
}

async function sign(input: {
  database: Database
  certificate: x509.X509Certificate
  key: CryptoKey
  names: CertificateNames
  publicKey: x509.PublicKeyType
}): Promise<SignedCertificate> {
  const { names, publicKey } = input
  const serial = makeSerial()
  const notBefore = new Date(Date.now() - backdateMs)
  const notAfter = new Date(Date.now() + leafDays * dayMs)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    // The name that counts is the URI; a common name holds 64 characters at most (RFC 5280, ub-common-name).
    subject: [{ CN: [names.uri.slice(0, 64)] }],
    issuer: input.certificate.subject,
    notBefore,
    notAfter,
    publicKey,
    signingKey: input.key,
    signingAlgorithm: keyAlgorithm,
    extensions: await leafExtensions(input.certificate, names, publicKey),
  })
  const fingerprint = await fingerprintOf(certificate)
  await input.database.query(
    'INSERT INTO certificates (serial, subject, fingerprint, not_after) VALUES ($1, $2, $3, $4)',
    [serial, names.uri, fingerprint, notAfter],
  )
  return { certificatePem: `${certificate.toString('pem')}\n`, serial, fingerprint, notBefore, notAfter }
}

async function leafExtensions(
  ca: x509.X509Certificate,
  names: CertificateNames,
  publicKey: x509.PublicKeyType,
): Promise<x509.Extension[]> {
  const both = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(both),
    new x509.SubjectAlternativeNameExtension([
      { type: 'url', value: names.uri },
      ...(names.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
      ...(names.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ]),
    await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

/** Reads a certificate request and proves that its sender holds the key. Throws `certificate-refused`. */
export async function readRequest(csrPem: string): Promise<x509.PublicKey> {
  try {
    const request = new x509.Pkcs10CertificateRequest(csrPem)
    if (await request.verify()) return request.publicKey
  } catch (cause) {
    throw new Fault('certificate-refused', 'the certificate request cannot be read; send PKCS #10 in PEM', { cause })
  }
  throw new Fault('certificate-refused', 'the certificate request is not signed by the key that it names')
}
