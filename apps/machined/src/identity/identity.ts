import { createPrivateKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateName } from '@slipway/protocol'
import { Fault } from '@slipway/base'
import { z } from 'zod'
import { writeDurably } from '../durable-file.ts'
import { makeCertificateRequest, makeSelfSigned, uriNames } from './certificates.ts'
import { fingerprintOf, readCertificates, verifyChain } from './verify-chain.ts'

const pinnedSchema = z.object({ boot_id: z.string(), certificate_pem: z.string(), ca_pem: z.string() })

/** The CA that this machine obeys until it reboots, and the certificate that it got from it. */
export type Pinned = z.infer<typeof pinnedSchema>

/**
 * The machine's key, the certificate that it serves now, and the CA that it obeys.
 * INVARIANTS: the key never leaves the data directory (0600); a pinned CA holds until the next boot (security.md).
 */
export class Identity {
  readonly machineId: string
  readonly keyPem: string
  readonly #key: KeyObject
  readonly #selfSigned: string
  readonly #file: string
  readonly #bootId: string
  readonly #listeners = new Set<() => void>()
  #pinned: Pinned | null = null

  private constructor(input: { machineId: string; bootId: string; keyPem: string; selfSigned: string; file: string }) {
    this.machineId = input.machineId
    this.keyPem = input.keyPem
    this.#bootId = input.bootId
    this.#key = createPrivateKey(input.keyPem)
    this.#selfSigned = input.selfSigned
    this.#file = input.file
  }

  /** Reads the key from the data directory or makes one; takes up the pinned CA of this same boot. */
  static async open(input: { dataDir: string; machineId: string; bootId: string }): Promise<Identity> {
    await mkdir(input.dataDir, { recursive: true, mode: 0o700 })
    const keyPem = await readOrMakeKey(join(input.dataDir, 'machined.key'))
    const selfSigned = await readOrMake(join(input.dataDir, `self-signed.pem`), input.machineId, keyPem)
    const identity = new Identity({ ...input, keyPem, selfSigned, file: join(input.dataDir, 'pinned.json') })
    identity.#pinned = await readPinned(identity.#file, input.bootId)
    return identity
  }

  get certificatePem(): string {
    return this.#pinned?.certificate_pem ?? this.#selfSigned
  }

  get fingerprint(): string {
    return fingerprintOf(new X509Certificate(this.certificatePem))
  }

  get pinned(): Pinned | null {
    return this.#pinned
  }

  request(): Promise<string> {
    return makeCertificateRequest(this.keyPem, this.machineId)
  }

  /** Ed25519 over the bytes of a text. */
  sign(text: string): Buffer {
    return sign(null, Buffer.from(text), this.#key)
  }

  /** Takes a certificate and its CA; from here on only this CA's peers are obeyed. Throws `certificate-refused`. */
  async pin(certificatePem: string, caPem: string): Promise<void> {
    this.#checkOwn(certificatePem, caPem)
    this.#pinned = { boot_id: this.#bootId, certificate_pem: certificatePem, ca_pem: caPem }
    await writeDurably(this.#file, JSON.stringify(this.#pinned))
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after the certificate that is to be served has changed. */
  onChanged(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #checkOwn(certificatePem: string, caPem: string): void {
    const [leaf, ...intermediates] = readCertificates(certificatePem)
    if (!leaf?.checkPrivateKey(this.#key)) {
      throw new Fault('certificate-refused', 'the certificate handed over is not for the key of this machine')
    }
    verifyChain({ leaf, intermediates, roots: readCertificates(caPem), purpose: 'server' })
    const expected = certificateName.machine(this.machineId)
    if (!uriNames(new Uint8Array(leaf.raw)).includes(expected)) {
      throw new Fault('certificate-refused', `the certificate handed over does not carry the name ${expected}`)
    }
  }
}

async function readOrMakeKey(file: string): Promise<string> {
  const there = await readIfThere(file)
  if (there !== null) return there
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeDurably(file, pem)
  return pem
}

/** Made again when the machine's id or key is another: the name in it must be right. */
async function readOrMake(file: string, machineId: string, keyPem: string): Promise<string> {
  const there = await readIfThere(file)
  if (there !== null && fits(there, machineId, keyPem)) return there
  const pem = await makeSelfSigned(keyPem, machineId)
  await writeDurably(file, pem)
  return pem
}

function fits(pem: string, machineId: string, keyPem: string): boolean {
  const certificate = new X509Certificate(pem)
  const isOurs = certificate.checkPrivateKey(createPrivateKey(keyPem))
  return isOurs && uriNames(new Uint8Array(certificate.raw)).includes(certificateName.machine(machineId))
}

async function readPinned(file: string, bootId: string): Promise<Pinned | null> {
  const text = await readIfThere(file)
  if (text === null) return null
  const parsed = pinnedSchema.safeParse(JSON.parse(text))
  return parsed.success && parsed.data.boot_id === bootId ? parsed.data : null
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
