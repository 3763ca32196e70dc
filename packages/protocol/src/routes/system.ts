import * as z from 'zod/mini'
import { eventSchema } from '../events.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

export const doctorCheckSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  message: z.string(),
  cure: z.nullable(z.string()),
})

export const enrolmentTokenSchema = z.object({
  id: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  max_machines: z.int(),
  used: z.int(),
  allowed_networks: z.array(z.string()),
})

export const systemRoutes = {
  health: route({
    method: 'GET',
    path: '/health',
    permission: 'open',
    listener: 'api',
    response: z.object({ status: z.literal('ok'), version: z.string() }),
  }),
  ready: route({
    method: 'GET',
    path: '/ready',
    permission: 'open',
    listener: 'api',
    response: z.object({
      status: z.enum(['ready', 'not-ready']),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() })),
    }),
  }),
  events: route({
    method: 'GET',
    path: '/api/events',
    permission: 'read',
    listener: 'api',
    query: z.strictObject({
      after: z.optional(z.coerce.number().check(z.int(), z.nonnegative())),
      types: z.optional(z.string().check(z.maxLength(512))),
    }),
    response: eventSchema,
    stream: 'text/event-stream',
  }),
  doctor: route({
    method: 'GET',
    path: '/api/doctor',
    permission: 'read',
    listener: 'api',
    response: z.object({ checks: z.array(doctorCheckSchema) }),
  }),
  settings: route({
    method: 'GET',
    path: '/api/settings',
    permission: 'read',
    listener: 'api',
    response: z.object({ settings: z.array(z.object({ key: z.string(), value: z.unknown(), source: z.string() })) }),
  }),
  listEnrolmentTokens: route({
    method: 'GET',
    path: '/api/enrollments',
    permission: 'administer',
    listener: 'api',
    query: listQuery({}),
    response: listOf(enrolmentTokenSchema),
  }),
  revokeEnrolmentToken: route({
    method: 'DELETE',
    path: '/api/enrollments/:id',
    permission: 'administer',
    listener: 'api',
    status: 204,
    params: z.strictObject({ id: z.string().check(z.maxLength(64)) }),
    response: z.null(),
  }),
  createEnrolmentToken: route({
    method: 'POST',
    path: '/api/enrollments',
    permission: 'administer',
    listener: 'api',
    status: 201,
    body: z.strictObject({
      ttl_seconds: z._default(z.int().check(z.minimum(60), z.maximum(31_536_000)), 2_592_000),
      max_machines: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 1000),
      allowed_networks: z._default(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(64)), []),
    }),
    response: z.extend(enrolmentTokenSchema, { token: z.string(), ca_pem: z.string(), instcomd: z.array(z.string()) }),
  }),
}

export type DoctorCheck = z.infer<typeof doctorCheckSchema>
export type EnrolmentToken = z.infer<typeof enrolmentTokenSchema>
