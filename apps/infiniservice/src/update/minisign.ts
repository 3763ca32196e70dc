import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { Fault } from '@slipway/base'

/**
 * The minisign format (jedisct1.github.io/minisign, "Signature format"): base64 of `algorithm(2) key_id(8) signature(64)`,
 * a trusted comment, and a second signature over the first one and that comment. `ED` signs the BLAKE2b-512 of the file,
 * `Ed` (older) the file itself.
 */
export interface MinisignKey {
  readonly keyId: Buffer
  readonly key: KeyObject
}

export interface MinisignSignature {
  readonly prehashed: boolean
  readonly keyId: Buffer
  readonly signature: Buffer
  readonly trustedComment: string
  readonly globalSignature: Buffer
}

/** An Ed25519 public key in DER is this and 32 bytes (RFC 8410). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')

/** Reads a public key: the whole file with its comment, or its base64 line alone. Throws `configuration-invalid`. */
export function parseMinisignKey(text: string): MinisignKey {
  const line = text
    .split(/\r?\n/)
    .map((part) => part.trim())
    .findLast((part) => part !== '' && !part.startsWith('untrusted comment:'))
  const bytes = Buffer.from(line ?? '', 'base64')
  if (bytes.length !== 42 || bytes.toString('latin1', 0, 2) !== 'Ed')
    throw new Fault('configuration-invalid', 'the minisign public key is not one; take the .pub file of the release')
  const key = createPublicKey({ key: Buffer.concat([ed25519Prefix, bytes.subarray(10)]), format: 'der', type: 'spki' })
  return { keyId: bytes.subarray(2, 10), key }
}

/** Reads a signature file's four lines. Throws `invalid-request`. */
export function parseMinisignSignature(text: string): MinisignSignature {
  const [untrusted = '', first = '', trusted = '', second = ''] = text.split(/\r?\n/)
  const bytes = Buffer.from(first, 'base64')
  const globalSignature = Buffer.from(second, 'base64')
  const algorithm = bytes.toString('latin1', 0, 2)
  const isShaped = untrusted.startsWith('untrusted comment: ') && trusted.startsWith('trusted comment: ')
  if (!isShaped || bytes.length !== 74 || globalSignature.length !== 64 || !['ED', 'Ed'].includes(algorithm))
    throw new Fault('invalid-request', 'the signature is not a minisign signature; send the text of the .minisig file')
  return {
    prehashed: algorithm === 'ED',
    keyId: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice('trusted comment: '.length),
    globalSignature,
  }
}

/** What is signed: the file's BLAKE2b-512 for `ED`, its bytes for `Ed`. */
export function minisignHash(): ReturnType<typeof createHash> {
  return createHash('blake2b512')
}

/**
 * Checks both signatures against the key; `signed` is the file's BLAKE2b-512 when `prehashed`, else the file.
 * Throws `not-authenticated`.
 */
export function checkMinisign(key: MinisignKey, signature: MinisignSignature, signed: Buffer): void {
  if (!key.keyId.equals(signature.keyId))
    throw refused(`it is by key ${keyName(signature.keyId)}, and this agent trusts ${keyName(key.keyId)}`)
  if (!verify(null, signed, key.key, signature.signature)) throw refused('it does not fit the file')
  const commented = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment, 'utf8')])
  if (!verify(null, commented, key.key, signature.globalSignature)) throw refused('its trusted comment was changed')
}

function keyName(id: Buffer): string {
  return Buffer.from(id).reverse().toString('hex').toUpperCase() // as minisign prints it: little endian
}

function refused(why: string): Fault {
  return new Fault('not-authenticated', `the signature of the update was refused: ${why}`)
}
