// Signatures that minisign(1) verifies: Ed25519 over the BLAKE2b-512 digest of the file ("ED", prehashed).
import { createHash, createPublicKey, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { SigningKey } from './signing-key.ts'

/** Prints the public key as `minisign.pub`. */
export function printPublicKey(key: SigningKey): string {
  // minisign prints the id as a little-endian number.
  const id = Buffer.from(key.id).reverse().toString('hex').toUpperCase()
  return `untrusted comment: minisign public key ${id}\n${publicKeyLine(key)}\n`
}

/** The public key as one line of base64, as `minisign -P` takes it. */
export function publicKeyLine(key: SigningKey): string {
  return Buffer.concat([Buffer.from('Ed'), key.id, key.publicKey]).toString('base64')
}

/** Signs a file; `comment` is signed too (one line: what the file is), so a signature cannot be passed off for another file. */
export async function signFile(key: SigningKey, file: string, comment: string): Promise<string> {
  return signDigest(key, await hashFile(file), comment)
}

/** Signs text in the same format. */
export function signText(key: SigningKey, text: string, comment: string): string {
  return signDigest(key, createHash('blake2b512').update(text).digest(), comment)
}

function signDigest(key: SigningKey, digest: Buffer, comment: string): string {
  const signature = signBytes(null, digest, key.privateKey)
  const global = signBytes(null, Buffer.concat([signature, Buffer.from(comment)]), key.privateKey)
  return [
    'untrusted comment: signature of a Slipway build',
    Buffer.concat([Buffer.from('ED'), key.id, signature]).toString('base64'),
    `trusted comment: ${comment}`,
    `${global.toString('base64')}\n`,
  ].join('\n')
}

/** Verifies a signature file against `minisign.pub`'s text; returns the trusted comment, or null when it does not hold. */
export async function verifyFile(publicKey: string, file: string, signatureText: string): Promise<string | null> {
  const key = Buffer.from(publicKey.trim().split('\n').at(-1) ?? '', 'base64')
  const [, line = '', trusted = '', globalLine = ''] = signatureText.split('\n')
  const signature = Buffer.from(line, 'base64')
  const comment = trusted.replace(/^trusted comment: /, '')
  if (key.length !== 42 || signature.length !== 74 || signature.toString('latin1', 0, 2) !== 'ED') return null
  if (!key.subarray(2, 10).equals(signature.subarray(2, 10))) return null
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(10)]) // RFC 8410, 4
  const object = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const raw = signature.subarray(10)
  if (!verifyBytes(null, await hashFile(file), object, raw)) return null
  const signed = Buffer.concat([raw, Buffer.from(comment)])
  return verifyBytes(null, signed, object, Buffer.from(globalLine, 'base64')) ? comment : null
}

async function hashFile(file: string): Promise<Buffer> {
  const hash = createHash('blake2b512')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest()
}
