import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An Ed25519 key as minisign knows it. */
export interface SigningKey {
  readonly privateKey: KeyObject
  /** Eight bytes that tell keys apart; no secret, no digest that anybody checks. */
  readonly id: Buffer
  /** The raw public key, 32 bytes. */
  readonly publicKey: Buffer
}

/** What stands before the 32 bytes of the seed in PKCS#8 (RFC 8410, 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Reads the signing key: a PKCS#8 PEM (as `openssl genpkey -algorithm ed25519` makes it) or minisign's own secret key without a
 * password (`minisign -G -W`). Throws an Error that says what is wrong with the file.
 */
export function parseSigningKey(text: string, file: string): SigningKey {
  if (text.includes('PRIVATE KEY')) return fromPrivateKey(createPrivateKey(text), file)
  const line = text.split('\n').find((each) => each !== '' && !each.startsWith('untrusted comment:')) ?? ''
  const bytes = Buffer.from(line, 'base64')
  // minisign(1), "SECRET KEY FORMAT": Ed, kdf, B2, salt 32, limits 16, then id 8, seed 32, public key 32, checksum 32.
  if (bytes.length !== 158 || bytes.toString('latin1', 0, 2) !== 'Ed')
    throw new Error(`${file} is neither a PEM with an Ed25519 key nor a secret key of minisign`)
  if (bytes.readUInt16LE(2) !== 0)
    throw new Error(
      `${file} is protected by a password, which nobody types during a build; make one with: minisign -G -W`,
    )
  const seed = bytes.subarray(62, 94)
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  return { ...fromPrivateKey(key, file), id: bytes.subarray(54, 62) }
}

function fromPrivateKey(privateKey: KeyObject, file: string): SigningKey {
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new Error(`${file} holds a key of type ${privateKey.asymmetricKeyType}; the signing key is an Ed25519 one`)
  // The last 32 bytes of SubjectPublicKeyInfo are the key (RFC 8410, 4).
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { privateKey, publicKey, id: createHash('blake2b512').update(publicKey).digest().subarray(0, 8) }
}

/** Reads the key, or makes it at the first build (0600); `made` tells which. */
export async function openSigningKey(file: string, mayMake: boolean): Promise<{ key: SigningKey; made: boolean }> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && mayMake) return null
    throw new Error(`the signing key ${file} cannot be read: ${error.message}`, { cause: error })
  })
  if (text !== null) return { key: parseSigningKey(text, file), made: false }
  await mkdir(dirname(file), { recursive: true })
  const { privateKey } = generateKeyPairSync('ed25519')
  // wx: of two first builds at once one wins, and the other says so instead of signing with a key that nobody keeps.
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  await chmod(file, 0o600)
  return { key: fromPrivateKey(privateKey, file), made: true }
}
