import * as z from 'zod/mini'
import { toHex } from '@slipway/base'

/**
 * Enrolment (security.md, "First contact"). A token is `swe_<id>_<secret>`; the secret never travels: each side proves
 * it by HMAC-SHA256 over the role, both certificates' fingerprints (lower-case hex SHA-256 of the DER) and both nonces.
 */
export interface EnrolmentProofInput {
  /** ASCII bytes of the token's secret, or of the code on the console without dashes, upper case. */
  readonly secret: string
  readonly role: 'instcomd' | 'machine'
  readonly instcomdFingerprint: string
  readonly machineFingerprint: string
  readonly instcomdNonce: string
  readonly machineNonce: string
}

/** Computes one side's proof as lower-case hex. Compare in constant time. */
export async function enrolmentProof(input: EnrolmentProofInput): Promise<string> {
  const text = [
    'slipway-enrolment-v1',
    input.role,
    input.instcomdFingerprint,
    input.machineFingerprint,
    input.instcomdNonce,
    input.machineNonce,
  ].join('\n')
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(input.secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  return toHex(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
}

/** Splits `swe_<id>_<secret>`; null when it is not one. */
export function parseEnrolmentToken(token: string): { id: string; secret: string } | null {
  const match = /^swe_([0-9a-z]{8,32})_([0-9A-Za-z]{32,128})$/.exec(token)
  if (!match?.[1] || !match[2]) return null
  return { id: match[1], secret: match[2] }
}

/** The file that live media carry (0600): /etc/slipway/enrolment.json. */
export const enrolmentFileSchema = z.object({
  ca_pem: z.string(),
  token: z.string(),
  /** Where machined registers itself; empty: it waits to be discovered. */
  instcomd: z._default(z.array(z.string()), []),
})

/** Body of `POST /api/enroll` on the machine port: a machine with a token registers itself (no client certificate). */
export const enrollRequestSchema = z.object({
  token_id: z.string().check(z.maxLength(64)),
  csr_pem: z.string().check(z.maxLength(16384)),
  machine_id: z.string().check(z.minLength(1), z.maxLength(128)),
  /** Port that machined listens on; its address is the connection's. */
  port: z.int().check(z.minimum(1), z.maximum(65535)),
  /** Fingerprint of the self-signed certificate that machined serves now. */
  fingerprint: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  nonce: z.string().check(z.maxLength(128)),
  /** Proof of role `machine`, with instcomd's fingerprint as seen in TLS and `instcomdNonce` empty. */
  mac: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
})
export const enrollResponseSchema = z.object({ certificate_pem: z.string(), ca_pem: z.string() })

export type EnrolmentFile = z.infer<typeof enrolmentFileSchema>
export type SelfEnrolment = z.infer<typeof enrollRequestSchema>
