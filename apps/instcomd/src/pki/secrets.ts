/** Encryption at rest: AES-256-GCM under the master key, with the key's id beside the ciphertext. */
export interface Secrets {
  /** Returns an opaque text `v1:<key id>:<base64>`; `context` is authenticated too and must be the same to decrypt. */
  encrypt(plain: string, context: string): string
  decrypt(sealed: string, context: string): string
}
