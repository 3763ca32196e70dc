import { createHash, randomBytes } from 'node:crypto'

/** Makes a secret of 256 random bits as text; what it opens stands in front, so that a leaked one can be told. */
export function makeSecretText(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`
}

/** What is stored of a secret: with 256 random bits a plain SHA-256 cannot be searched. */
export function hashSecret(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
