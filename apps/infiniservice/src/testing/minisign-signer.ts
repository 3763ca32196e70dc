import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** Signs as `minisign -S` does, for tests. */
export interface MinisignSigner {
  /** The .pub file. */
  readonly publicKey: string
  sign(file: Buffer, options?: { comment?: string; legacy?: boolean }): string
}

export function makeMinisignSigner(): MinisignSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const id = randomBytes(8)
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const line = Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64')
  return {
    publicKey: `untrusted comment: minisign public key\n${line}\n`,
    sign(file, { comment = 'timestamp:1700000000', legacy = false } = {}) {
      const signature = sign(null, legacy ? file : createHash('blake2b512').update(file).digest(), privateKey)
      const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey)
      const first = Buffer.concat([Buffer.from(legacy ? 'Ed' : 'ED'), id, signature]).toString('base64')
      return `untrusted comment: signature\n${first}\ntrusted comment: ${comment}\n${global.toString('base64')}\n`
    },
  }
}
