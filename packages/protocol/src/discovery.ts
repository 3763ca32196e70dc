import { z } from 'zod'

/** The published discovery datagrams (machines.md): one UTF-8 JSON object each, at most 1400 bytes. */
export const maxDatagramBytes = 1400

export const discoveryStatuses = ['available', 'claimed', 'installing', 'installed', 'error'] as const

export const discoveryRequestSchema = z.object({
  type: z.literal('discovery_request'),
  timestamp: z.string().max(64),
  client_id: z.string().max(128),
  nonce: z.string().max(64).optional(),
  /** Seconds over which answers are spread. */
  mx: z.number().min(0).max(5).optional(),
})

export const discoveryResponseSchema = z.object({
  type: z.literal('discovery_response'),
  machine_id: z.string().min(1).max(128),
  hostname: z.string().max(255),
  address: z.string().max(64),
  status: z.enum(discoveryStatuses),
  specs: z.object({
    cpu_cores: z.number().int().nonnegative(),
    memory_gb: z.number().int().nonnegative(),
    storage_gb: z.number().int().nonnegative(),
    network_interfaces: z.number().int().nonnegative(),
  }),
  capabilities: z.array(z.string().max(64)).max(32),
  timestamp: z.string().max(64),
  nonce: z.string().max(64).optional(),
  port: z.number().int().min(1).max(65535).optional(),
  /** Lower-case hex SHA-256 of the DER of machined's certificate. */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  boot_id: z.string().max(128).optional(),
  version: z.string().max(64).optional(),
  /** Padded base64; Ed25519 by the certificate's key over the canonical JSON of the message without this member. */
  signature: z.string().max(128).optional(),
})

export type DiscoveryRequest = z.infer<typeof discoveryRequestSchema>
export type DiscoveryResponse = z.infer<typeof discoveryResponseSchema>
