import * as z from 'zod/mini'
import { inventorySchema } from '../inventory.ts'
import { installationStates } from '../installation.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

/** Status of a machine in the API: the datagram's, and two that only instcomd can tell (machines.md). */
export const machineStatuses = [
  'available',
  'claimed',
  'installing',
  'installed',
  'error',
  'managed',
  'offline',
] as const
export type MachineStatus = (typeof machineStatuses)[number]

export const claimSchema = z.object({
  claim_id: z.string(),
  fence: z.int().check(z.positive()),
  holder: z.string(),
  expires_at: z.string(),
})

/** A claim as others see it: without the id, which is the holder's secret handle. */
export const claimViewSchema = z.object({
  holder: z.string(),
  claimed_at: z.string(),
  expires_at: z.nullable(z.string()),
  fence: z.int(),
})

export const machineSchema = z.object({
  machine_id: z.string(),
  kind: z.enum(['physical', 'virtual']),
  hostname: z.nullable(z.string()),
  /** Where machined answers: an address of the live environment. */
  address: z.nullable(z.string()),
  port: z.nullable(z.int()),
  /** Addresses of the installed system, as its first-boot report or its agent tells them; empty while another system runs. */
  system_addresses: z.array(z.string()),
  status: z.enum(machineStatuses),
  specs: z.nullable(
    z.object({
      cpu_cores: z.int(),
      memory_gb: z.int(),
      storage_gb: z.int(),
      network_interfaces: z.int(),
    }),
  ),
  capabilities: z.array(z.string()),
  /** Whether machined holds a certificate of this CA; `code` = an operator types the code on its console when claiming. */
  enrolment: z.enum(['enrolled', 'token', 'code', 'conflict', 'none']),
  conflict: z.nullable(z.string()),
  claim: z.nullable(claimViewSchema),
  installation_id: z.nullable(z.string()),
  boot_id: z.nullable(z.string()),
  version: z.nullable(z.string()),
  first_seen: z.string(),
  last_seen: z.nullable(z.string()),
})

const machineParams = z.strictObject({ machine_id: z.string().check(z.minLength(1), z.maxLength(128)) })

export const machineRoutes = {
  listMachines: route({
    method: 'GET',
    path: '/api/machines',
    permission: 'read',
    listener: 'api',
    query: listQuery({
      status: z.optional(z.enum(machineStatuses)),
      kind: z.optional(z.string().check(z.maxLength(32))),
      q: z.optional(z.string().check(z.maxLength(128))),
    }),
    response: listOf(machineSchema),
  }),
  addMachine: route({
    method: 'POST',
    path: '/api/machines',
    permission: 'operate',
    listener: 'api',
    status: 201,
    body: z.union([
      z.strictObject({
        address: z.string().check(z.minLength(1), z.maxLength(255)),
        port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
      }),
      z.strictObject({
        kind: z.literal('virtual'),
        id: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
        name: z.string().check(z.minLength(1), z.maxLength(255)),
      }),
    ]),
    response: machineSchema,
  }),
  getMachine: route({
    method: 'GET',
    path: '/api/machines/:machine_id',
    permission: 'read',
    listener: 'api',
    params: machineParams,
    response: machineSchema,
  }),
  getMachineStatus: route({
    method: 'GET',
    path: '/api/machines/:machine_id/status',
    permission: 'read',
    listener: 'api',
    params: machineParams,
    response: z.object({
      status: z.enum(machineStatuses),
      claim: z.nullable(claimViewSchema),
      installation: z.nullable(z.object({ installation_id: z.string(), status: z.enum(installationStates) })),
      last_seen: z.nullable(z.string()),
    }),
  }),
  getMachineInventory: route({
    method: 'GET',
    path: '/api/machines/:machine_id/inventory',
    permission: 'read',
    listener: 'api',
    params: machineParams,
    response: inventorySchema,
  }),
  claimMachine: route({
    method: 'POST',
    path: '/api/machines/:machine_id/claim',
    permission: 'operate',
    listener: 'api',
    params: machineParams,
    body: z.optional(
      z.strictObject({
        ttl_seconds: z.optional(z.int().check(z.minimum(1), z.maximum(86400))),
        holder: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
        /** The code shown on the machine's console, where its medium carries no token. */
        code: z.optional(z.string().check(z.maxLength(64))),
      }),
    ),
    response: claimSchema,
  }),
  renewClaim: route({
    method: 'POST',
    path: '/api/machines/:machine_id/claim/renew',
    permission: 'operate',
    listener: 'api',
    params: machineParams,
    body: z.strictObject({
      claim_id: z.string().check(z.maxLength(128)),
      ttl_seconds: z.optional(z.int().check(z.minimum(1), z.maximum(86400))),
    }),
    response: claimSchema,
  }),
  releaseClaim: route({
    method: 'DELETE',
    path: '/api/machines/:machine_id/claim',
    permission: 'operate',
    listener: 'api',
    status: 204,
    params: machineParams,
    body: z.strictObject({ claim_id: z.optional(z.string().check(z.maxLength(128))), force: z.optional(z.boolean()) }),
    response: z.null(),
  }),
  askDiscovery: route({
    method: 'POST',
    path: '/api/discovery',
    permission: 'operate',
    listener: 'api',
    status: 202,
    response: z.object({ nonce: z.string() }),
  }),
}

export type Machine = z.infer<typeof machineSchema>
export type Claim = z.infer<typeof claimSchema>
export type ClaimView = z.infer<typeof claimViewSchema>
