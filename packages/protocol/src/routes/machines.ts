import { z } from 'zod'
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
  fence: z.number().int().positive(),
  holder: z.string(),
  expires_at: z.string(),
})

/** A claim as others see it: without the id, which is the holder's secret handle. */
export const claimViewSchema = z.object({
  holder: z.string(),
  claimed_at: z.string(),
  expires_at: z.string().nullable(),
  fence: z.number().int(),
})

export const machineSchema = z.object({
  machine_id: z.string(),
  kind: z.enum(['physical', 'virtual']),
  hostname: z.string().nullable(),
  address: z.string().nullable(),
  port: z.number().int().nullable(),
  status: z.enum(machineStatuses),
  specs: z
    .object({
      cpu_cores: z.number().int(),
      memory_gb: z.number().int(),
      storage_gb: z.number().int(),
      network_interfaces: z.number().int(),
    })
    .nullable(),
  capabilities: z.array(z.string()),
  /** Whether machined holds a certificate of this CA; `code` = an operator types the code on its console when claiming. */
  enrolment: z.enum(['enrolled', 'token', 'code', 'conflict', 'none']),
  conflict: z.string().nullable(),
  claim: claimViewSchema.nullable(),
  installation_id: z.string().nullable(),
  boot_id: z.string().nullable(),
  version: z.string().nullable(),
  first_seen: z.string(),
  last_seen: z.string().nullable(),
})

const machineParams = z.strictObject({ machine_id: z.string().min(1).max(128) })

export const machineRoutes = {
  listMachines: route({
    method: 'GET',
    path: '/api/machines',
    permission: 'read',
    listener: 'api',
    summary: 'List machines',
    query: listQuery({
      status: z.enum(machineStatuses).optional(),
      kind: z.string().max(32).optional(),
      q: z.string().max(128).optional(),
    }),
    response: listOf(machineSchema),
  }),
  addMachine: route({
    method: 'POST',
    path: '/api/machines',
    permission: 'operate',
    listener: 'api',
    status: 201,
    summary: 'Enter a machine by address, or adopt a guest',
    body: z.union([
      z.strictObject({ address: z.string().min(1).max(255), port: z.number().int().min(1).max(65535).optional() }),
      z.strictObject({
        kind: z.literal('virtual'),
        id: z.string().min(1).max(128).optional(),
        name: z.string().min(1).max(255),
      }),
    ]),
    response: machineSchema,
  }),
  getMachine: route({
    method: 'GET',
    path: '/api/machines/:machine_id',
    permission: 'read',
    listener: 'api',
    summary: 'One machine',
    params: machineParams,
    response: machineSchema,
  }),
  getMachineStatus: route({
    method: 'GET',
    path: '/api/machines/:machine_id/status',
    permission: 'read',
    listener: 'api',
    summary: 'A machine’s status',
    params: machineParams,
    response: z.object({
      status: z.enum(machineStatuses),
      claim: claimViewSchema.nullable(),
      installation: z.object({ installation_id: z.string(), status: z.enum(installationStates) }).nullable(),
      last_seen: z.string().nullable(),
    }),
  }),
  getMachineInventory: route({
    method: 'GET',
    path: '/api/machines/:machine_id/inventory',
    permission: 'read',
    listener: 'api',
    summary: 'A machine’s hardware',
    params: machineParams,
    response: inventorySchema,
  }),
  claimMachine: route({
    method: 'POST',
    path: '/api/machines/:machine_id/claim',
    permission: 'operate',
    listener: 'api',
    summary: 'Claim a machine under a lease',
    params: machineParams,
    body: z
      .strictObject({
        ttl_seconds: z.number().int().min(1).max(86400).optional(),
        holder: z.string().min(1).max(128).optional(),
        /** The code shown on the machine's console, where its medium carries no token. */
        code: z.string().max(64).optional(),
      })
      .optional(),
    response: claimSchema,
  }),
  renewClaim: route({
    method: 'POST',
    path: '/api/machines/:machine_id/claim/renew',
    permission: 'operate',
    listener: 'api',
    summary: 'Renew a claim',
    params: machineParams,
    body: z.strictObject({ claim_id: z.string().max(128), ttl_seconds: z.number().int().min(1).max(86400).optional() }),
    response: claimSchema,
  }),
  releaseClaim: route({
    method: 'DELETE',
    path: '/api/machines/:machine_id/claim',
    permission: 'operate',
    listener: 'api',
    status: 204,
    summary: 'Release a claim',
    params: machineParams,
    body: z.strictObject({ claim_id: z.string().max(128).optional(), force: z.boolean().optional() }),
    response: z.null(),
  }),
  askDiscovery: route({
    method: 'POST',
    path: '/api/discovery',
    permission: 'operate',
    listener: 'api',
    status: 202,
    summary: 'Ask for machines now',
    response: z.object({ nonce: z.string() }),
  }),
}

export type Machine = z.infer<typeof machineSchema>
export type Claim = z.infer<typeof claimSchema>
export type ClaimView = z.infer<typeof claimViewSchema>
