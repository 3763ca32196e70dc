import * as z from 'zod/mini'
import { configCheckSchema } from '../machine-config.ts'
import { planSchema } from '../plan.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

/** KDL text; its bound of 256 KiB is in bytes and checked by the parser, this one is in characters. */
const kdl = z.string().check(z.maxLength(262_144))

export const keptConfigSchema = z.object({
  id: z.string(),
  machine_id: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  kdl_sha256: z.string(),
  reason: z.string(),
})

export const configRoutes = {
  checkConfig: route({
    method: 'POST',
    path: '/api/configs/check',
    permission: 'read',
    listener: 'api',
    body: z.strictObject({ kdl, machine_id: z.optional(z.string().check(z.maxLength(128))) }),
    response: configCheckSchema,
  }),
  listKeptConfigs: route({
    method: 'GET',
    path: '/api/configs/backups',
    permission: 'read',
    listener: 'api',
    query: listQuery({ machine_id: z.optional(z.string().check(z.maxLength(128))) }),
    response: listOf(keptConfigSchema),
  }),
  getKeptConfig: route({
    method: 'GET',
    path: '/api/configs/backups/:id',
    permission: 'read',
    listener: 'api',
    params: z.strictObject({ id: z.string().check(z.maxLength(64)) }),
    response: z.extend(keptConfigSchema, { kdl: z.string() }),
  }),
  checkImage: route({
    method: 'POST',
    path: '/api/images/check',
    permission: 'read',
    listener: 'api',
    body: z.strictObject({
      reference: z.string().check(z.maxLength(1024)),
      machine_id: z.optional(z.string().check(z.maxLength(128))),
    }),
    response: z.object({
      reference: z.string(),
      digest: z.string(),
      media_type: z.string(),
      bytes: z.number(),
      platforms: z.array(
        z.object({ os: z.string(), architecture: z.string(), variant: z.optional(z.string()), digest: z.string() }),
      ),
      /** Null without a machine. */
      fits: z.nullable(z.boolean()),
    }),
  }),
  makePlan: route({
    method: 'POST',
    path: '/api/plans',
    permission: 'operate',
    listener: 'api',
    body: z.strictObject({ machine_id: z.string().check(z.maxLength(128)), kdl }),
    response: z.object({ plan_sha256: z.string(), plan: planSchema }),
  }),
}

export type KeptConfig = z.infer<typeof keptConfigSchema>
