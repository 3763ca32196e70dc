import { readFile, stat } from 'node:fs/promises'
import { Fault, makeId } from '@slipway/base'
import type { Permission } from '@slipway/protocol'
import type { Database, Transaction } from '../database/database.ts'
import type { Principal } from '../http/handler.ts'
import { writeSecretFile } from '../pki/write-secret-file.ts'
import { hashSecret, makeSecretText } from './secret-text.ts'
import * as store from './store.ts'

/** A link is opened right after the start; a session lasts as long as a browser is worth trusting unasked. */
const setupLinkSeconds = 3600
export const sessionSeconds = 7 * 24 * 3600

const permissionOf: Readonly<Record<store.Role, Permission>> = {
  viewer: 'read',
  operator: 'operate',
  admin: 'administer',
}

/** People and programs that may do something, and how they prove who they are. */
export interface Users {
  /** The principal of a Bearer token; null for one that is unknown, revoked or expired. */
  byToken(token: string): Promise<Principal | null>
  bySession(secret: string): Promise<Principal | null>
  /** Makes `admin.token` at the first start, and keeps what is there. */
  ensureAdminToken(file: string): Promise<void>
  /** The secret part of a one-time set-up link for the principal `admin`. */
  makeSetupLink(): Promise<string>
  /** Turns a set-up link into a session's secret; null when it was used, has expired or never was. */
  openSession(link: string): Promise<string | null>
  /** Opens a session with a token's own role; null for a token that `byToken` refuses. */
  signIn(token: string): Promise<{ secret: string; principal: Principal } | null>
  /** Ends a session; its secret opens nothing from then on. */
  closeSession(secret: string): Promise<void>
}

export function makeUsers(database: Database): Users {
  const ensureAdmin = () =>
    store.ensurePrincipal(database, { id: makeId('usr'), name: 'admin', kind: 'system', role: 'admin' })

  return {
    async byToken(token) {
      const row = await store.findToken(database, hashSecret(token))
      if (!row) return null
      if (!row.used_recently) await store.touchToken(database, row.token_id)
      return toPrincipal(row)
    },
    async bySession(secret) {
      const row = await store.findSession(database, hashSecret(secret))
      return row && toPrincipal(row)
    },
    async ensureAdminToken(file) {
      const kept = await readTokenFile(file)
      const token = kept ?? makeSecretText('slw')
      // The row first: a token in the file always works, whenever the power goes.
      const principalId = await ensureAdmin()
      await store.insertToken(database, {
        id: makeId('tok'),
        principalId,
        name: 'admin.token',
        role: 'admin',
        secretHash: hashSecret(token),
      })
      if (kept === null) await writeSecretFile(file, `${token}\n`)
    },
    async makeSetupLink() {
      const secret = makeSecretText('setup')
      const principalId = await ensureAdmin()
      await store.insertSetupLink(database, { secretHash: hashSecret(secret), principalId, seconds: setupLinkSeconds })
      return secret
    },
    openSession: (link) =>
      database.transaction(async (tx) => {
        const principalId = await store.takeSetupLink(tx, hashSecret(link))
        if (principalId === null) return null
        return insertSession(tx, { principalId, role: null })
      }),
    async signIn(token) {
      const row = await store.findToken(database, hashSecret(token))
      if (!row) return null
      await store.touchToken(database, row.token_id)
      const secret = await insertSession(database, { principalId: row.principal_id, role: row.role })
      return { secret, principal: toPrincipal(row) }
    },
    closeSession: (secret) => store.revokeSession(database, hashSecret(secret)),
  }
}

/** Makes a session and returns its secret; without a role of its own it has its principal's. */
async function insertSession(
  tx: Transaction,
  { principalId, role }: { principalId: string; role: store.Role | null },
): Promise<string> {
  const secret = makeSecretText('session')
  const secretHash = hashSecret(secret)
  await store.insertSession(tx, { id: makeId('ses'), principalId, secretHash, seconds: sessionSeconds, role })
  return secret
}

function toPrincipal(row: store.HolderRow): Principal {
  return { id: row.principal_id, name: row.name, permission: permissionOf[row.role] }
}

/** The token in the file; null when there is none. A file that others can read, or that is not ours, is refused. */
async function readTokenFile(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  if (!/^slw_[\w-]{43}\s*$/.test(text))
    throw new Fault(
      'configuration-invalid',
      `${file} does not hold a token of Slipway; remove it, and the next start makes a new one`,
    )
  if (((await stat(file)).mode & 0o077) !== 0)
    throw new Fault(
      'configuration-invalid',
      `${file} can be read by others; run: chmod 600 ${file} (or remove it for a new token)`,
    )
  return text.trim()
}
