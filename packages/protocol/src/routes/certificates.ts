import * as z from 'zod/mini'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

export const certificateSchema = z.object({
  serial: z.string(),
  /** A URI name such as `slipway:machine/ID`. */
  subject: z.string(),
  fingerprint: z.string(),
  issued_at: z.string(),
  not_after: z.string(),
  revoked_at: z.nullable(z.string()),
  reason: z.nullable(z.string()),
})
export type Certificate = z.infer<typeof certificateSchema>

export const certificateRoutes = {
  /** Newest first. */
  listCertificates: route({
    method: 'GET',
    path: '/api/certificates',
    permission: 'administer',
    listener: 'api',
    query: listQuery({ q: z.optional(z.string().check(z.maxLength(128))) }),
    response: listOf(certificateSchema),
  }),
  revokeCertificate: route({
    method: 'POST',
    path: '/api/certificates/:serial/revoke',
    permission: 'administer',
    listener: 'api',
    status: 204,
    params: z.strictObject({ serial: z.string().check(z.maxLength(128)) }),
    body: z.strictObject({ reason: z.string().check(z.minLength(1), z.maxLength(256)) }),
    response: z.null(),
  }),
}
