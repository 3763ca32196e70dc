import * as z from 'zod/mini'
import { installationSchema } from '../installation.ts'
import { findingSchema } from '../machine-config.ts'
import { destroysSchema } from '../plan.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

const id = z.string().check(z.minLength(1), z.maxLength(128))
const kdl = z.string().check(z.maxLength(262_144))
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const mostMachines = 500

/** By JSON pointer into the typed config: `{"/sysconfig/hostname": "node-07"}`. */
const valuesSchema = z.record(
  z.string().check(z.maxLength(256)),
  z.union([z.string().check(z.maxLength(4096)), z.number(), z.boolean()]),
)

/** One machine of a batch, looked at but not touched. */
export const batchMachineCheckSchema = z.object({
  machine_id: z.string(),
  /** True: it would be planned and queued. */
  valid: z.boolean(),
  /** Of its own config, the template with its values; pointers as in a single config. */
  findings: z.array(findingSchema),
  /** What else stands against it: the machine does not answer, is claimed, the image cannot be found. */
  error: z.nullable(z.object({ code: z.string(), message: z.string() })),
  plan_sha256: z.nullable(z.string()),
  destroys: z.array(destroysSchema),
})
export type BatchMachineCheck = z.infer<typeof batchMachineCheckSchema>

export const installBatchSchema = z.object({
  id: z.string(),
  name: z.string(),
  created_by: z.string(),
  created_at: z.string(),
  /** Installations by state; states that none is in are left out. */
  states: z.record(z.string(), z.int()),
  machines_total: z.int(),
})
export type InstallBatch = z.infer<typeof installBatchSchema>

const wholeBatchSchema = z.extend(installBatchSchema, {
  kdl: z.string(),
  machines: z.array(z.object({ machine_id: z.string(), values: valuesSchema, installation: installationSchema })),
})
export type WholeInstallBatch = z.infer<typeof wholeBatchSchema>

const machine = { machine_id: id, values: z._default(valuesSchema, {}) }
const params = z.strictObject({ id })

export const installBatchRoutes = {
  checkInstallBatch: route({
    method: 'POST',
    path: '/api/install-batches/check',
    permission: 'operate',
    listener: 'api',
    body: z.strictObject({
      kdl,
      machines: z.array(z.strictObject(machine)).check(z.minLength(1), z.maxLength(mostMachines)),
    }),
    response: z.object({ valid: z.boolean(), machines: z.array(batchMachineCheckSchema) }),
  }),
  addInstallBatch: route({
    method: 'POST',
    path: '/api/install-batches',
    permission: 'operate',
    listener: 'api',
    status: 201,
    body: z.strictObject({
      name: z.string().check(z.minLength(1), z.maxLength(128)),
      kdl,
      machines: z
        .array(z.strictObject({ ...machine, plan_sha256: z.optional(sha256), claim_id: z.optional(id) }))
        .check(z.minLength(1), z.maxLength(mostMachines)),
    }),
    response: installBatchSchema,
  }),
  listInstallBatches: route({
    method: 'GET',
    path: '/api/install-batches',
    permission: 'read',
    listener: 'api',
    query: listQuery({}),
    response: listOf(installBatchSchema),
  }),
  getInstallBatch: route({
    method: 'GET',
    path: '/api/install-batches/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: wholeBatchSchema,
  }),
  cancelInstallBatch: route({
    method: 'POST',
    path: '/api/install-batches/:id/cancel',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    response: installBatchSchema,
  }),
}
