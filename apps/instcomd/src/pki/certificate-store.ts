import type { Transaction } from '../database/database.ts'

export interface CertificateRow {
  readonly serial: string
  readonly subject: string
  readonly fingerprint: string
  readonly issued_at: Date
  readonly not_after: Date
  readonly revoked_at: Date | null
  readonly reason: string | null
}

/** Newest first; `before` is `TIME SERIAL` of the last row of the page before, empty for the first page. */
export async function listCertificates(
  tx: Transaction,
  { q, before, limit }: { q: string; before: string; limit: number },
): Promise<CertificateRow[]> {
  const [time = null, serial = null] = before === '' ? [] : before.split(' ')
  // Times are compared in milliseconds, because the cursor has no more.
  return tx.query<CertificateRow>(
    `SELECT serial, subject, fingerprint, date_trunc('milliseconds', issued_at) AS issued_at, not_after, revoked_at, reason
     FROM certificates
     WHERE ($1 = '' OR strpos(lower(subject), lower($1)) > 0)
       AND ($2::timestamptz IS NULL OR (date_trunc('milliseconds', issued_at), serial) < ($2, $3))
     ORDER BY date_trunc('milliseconds', issued_at) DESC, serial DESC LIMIT $4`,
    [q, time, serial, limit],
  )
}
