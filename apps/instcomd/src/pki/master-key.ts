import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@slipway/base'
import type { Database } from '../database/database.ts'
import { writeSecretFile } from './write-secret-file.ts'
import { makeSecrets, masterKeyBytes } from './make-secrets.ts'
import type { Secrets } from './secrets.ts'

const context = 'master_key'

/**
 * Reads the master key from `SLIPWAY_MASTER_KEY_FILE` (base64, 32 bytes), or from `<dataDir>/master.key`, made at the
 * first start with mode 0600.
 */
export async function readMasterKey(options: { file: string | null; dataDir: string }): Promise<Buffer> {
  const path = options.file ?? join(options.dataDir, 'master.key')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (options.file === null) return null
    throw new Fault('configuration-invalid', `the master key file ${path} (SLIPWAY_MASTER_KEY_FILE) cannot be read`, {
      cause,
    })
  })
  if (text === null) return makeMasterKey(path)
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === masterKeyBytes) return key
  throw new Fault(
    'configuration-invalid',
    `the master key file ${path} does not hold ${masterKeyBytes} bytes in base64; make one with: head -c ${masterKeyBytes} /dev/urandom | base64`,
  )
}

async function makeMasterKey(path: string): Promise<Buffer> {
  const key = randomBytes(masterKeyBytes)
  await writeSecretFile(path, `${key.toString('base64')}\n`)
  return key
}

/** Makes the secrets of a key, after the database agreed that it is its own. Throws `master-key-mismatch`. */
export async function openSecrets(database: Database, masterKey: Buffer): Promise<Secrets> {
  const secrets = makeSecrets(masterKey)
  await database.query('INSERT INTO master_key (key_id, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    secrets.keyId,
    secrets.encrypt(context, context),
  ])
  const [row] = await database.query<{ key_id: string; sealed: string }>('SELECT key_id, sealed FROM master_key')
  if (row?.key_id !== secrets.keyId)
    throw new Fault(
      'master-key-mismatch',
      `the database was made with master key ${row?.key_id}, and this instance has ${secrets.keyId}; ` +
        'give it the key file of the first instance (SLIPWAY_MASTER_KEY_FILE, or master.key in its data directory)',
    )
  secrets.decrypt(row.sealed, context)
  return secrets
}
