import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { Fault } from '@slipway/base'
import type { Secrets } from './secrets.ts'

/** NIST SP 800-38D: 96-bit nonces, 128-bit tags; random nonces are good for 2³² messages of one key. */
const nonceBytes = 12
const tagBytes = 16

/** Length of the master key: AES-256. */
export const masterKeyBytes = 32

/** Makes the sealing of one master key. `keyId` tells keys apart without telling anything about them. */
export function makeSecrets(masterKey: Buffer): Secrets & { readonly keyId: string } {
  const keyId = createHash('sha256').update('slipway-master-key-id\0').update(masterKey).digest('hex').slice(0, 16)
  const aad = (context: string) => Buffer.from(`v1\0${keyId}\0${context}`, 'utf8')
  return {
    keyId,
    encrypt(plain, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(aad(context))
      const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1:${keyId}:${sealed.toString('base64')}`
    },
    decrypt(sealed, context) {
      const [version, key, body = ''] = sealed.split(':')
      if (version !== 'v1' || key !== keyId)
        throw new Fault(
          'master-key-mismatch',
          `a stored secret was sealed with master key ${key}, and this instance has ${keyId}`,
        )
      return open(masterKey, Buffer.from(body, 'base64'), aad(context))
    },
  }
}

function open(masterKey: Buffer, bytes: Buffer, aad: Buffer): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAAD(aad).setAuthTag(bytes.subarray(-tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new Fault(
      'internal',
      'a stored secret cannot be opened: it was changed, or stands in another place than it was sealed for',
      { cause },
    )
  }
}
