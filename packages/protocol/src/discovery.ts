import * as z from 'zod/mini'

/** The published discovery datagrams (machines.md): one UTF-8 JSON object each, at most 1400 bytes. */
export const maxDatagramBytes = 1400

export const discoveryStatuses = ['available', 'claimed', 'installing', 'installed', 'error'] as const

export const discoveryRequestSchema = z.object({
  type: z.literal('discovery_request'),
  timestamp: z.string().check(z.maxLength(64)),
  client_id: z.string().check(z.maxLength(128)),
  nonce: z.optional(z.string().check(z.maxLength(64))),
  /** Seconds over which answers are spread. */
  mx: z.optional(z.number().check(z.minimum(0), z.maximum(5))),
})

export const discoveryResponseSchema = z.object({
  type: z.literal('discovery_response'),
  machine_id: z.string().check(z.minLength(1), z.maxLength(128)),
  hostname: z.string().check(z.maxLength(255)),
  address: z.string().check(z.maxLength(64)),
  status: z.enum(discoveryStatuses),
  specs: z.object({
    cpu_cores: z.int().check(z.nonnegative()),
    memory_gb: z.int().check(z.nonnegative()),
    storage_gb: z.int().check(z.nonnegative()),
    network_interfaces: z.int().check(z.nonnegative()),
  }),
  capabilities: z.array(z.string().check(z.maxLength(64))).check(z.maxLength(32)),
  timestamp: z.string().check(z.maxLength(64)),
  nonce: z.optional(z.string().check(z.maxLength(64))),
  port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
  /** Lower-case hex SHA-256 of the DER of machined's certificate. */
  fingerprint: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  boot_id: z.optional(z.string().check(z.maxLength(128))),
  version: z.optional(z.string().check(z.maxLength(64))),
  /** Padded base64; Ed25519 by the certificate's key over the canonical JSON of the message without this member. */
  signature: z.optional(z.string().check(z.maxLength(128))),
})

export type DiscoveryRequest = z.infer<typeof discoveryRequestSchema>
export type DiscoveryResponse = z.infer<typeof discoveryResponseSchema>
