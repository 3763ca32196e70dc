import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Secrets } from '../pki/secrets.ts'

const secretsSchema = z.array(z.string().regex(/^[0-9a-f]{64}$/))
const contextOf = (machineId: string) => `guest:${machineId}`

/** A shared secret of a machine: 256 random bits as 64 hex digits; the digits themselves are the key. */
export function makeGuestSecret(): string {
  return randomBytes(32).toString('hex')
}

/** Seals a machine's secrets, oldest first, for `guests.secrets_sealed`. */
export function sealSecrets(secrets: Secrets, machineId: string, values: readonly string[]): string {
  return secrets.encrypt(JSON.stringify(values), contextOf(machineId))
}

/** Opens what `sealSecrets` sealed; none where there is nothing. */
export function openSecrets(secrets: Secrets, machineId: string, sealed: string | null): string[] {
  if (sealed === null) return []
  return secretsSchema.parse(JSON.parse(secrets.decrypt(sealed, contextOf(machineId))))
}
