import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import { listCertificates } from './certificate-store.ts'

/** `/api/certificates`. */
export function certificateRoutes({ database, pki }: Pick<AppContext, 'database' | 'pki'>): Handlers {
  return {
    async listCertificates({ query }) {
      const rows = await listCertificates(database, {
        q: query.q ?? '',
        before: parseCursor(query.cursor),
        limit: query.limit,
      })
      const last = rows.at(-1)
      const items = rows.map((row) => ({
        ...row,
        issued_at: row.issued_at.toISOString(),
        not_after: row.not_after.toISOString(),
        revoked_at: row.revoked_at?.toISOString() ?? null,
      }))
      const more = last !== undefined && rows.length === query.limit
      return { items, next_cursor: more ? printCursor(`${last.issued_at.toISOString()} ${last.serial}`) : null }
    },
    async revokeCertificate({ params, body }) {
      await pki.revoke(params.serial, body.reason)
      return null
    },
  }
}
