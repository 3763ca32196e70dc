import * as z from 'zod/mini'
import {
  installationSchema,
  installationStates,
  logLineSchema,
  progressSchema,
  timelineStepSchema,
} from '../installation.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

const params = z.strictObject({ id: z.string().check(z.maxLength(64)) })
const claimBody = z.optional(z.strictObject({ claim_id: z.optional(z.string().check(z.maxLength(128))) }))

export const installationRoutes = {
  install: route({
    method: 'POST',
    path: '/api/install',
    permission: 'operate',
    listener: 'api',
    status: 202,
    body: z.strictObject({
      machine_id: z.string().check(z.maxLength(128)),
      kdl: z.string().check(z.maxLength(262_144)),
      plan_sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
      claim_id: z.optional(z.string().check(z.maxLength(128))),
    }),
    response: z.object({ installation_id: z.string() }),
  }),
  listInstallations: route({
    method: 'GET',
    path: '/api/install',
    permission: 'read',
    listener: 'api',
    query: listQuery({
      machine_id: z.optional(z.string().check(z.maxLength(128))),
      status: z.optional(z.enum(installationStates)),
    }),
    response: listOf(installationSchema),
  }),
  getInstallation: route({
    method: 'GET',
    path: '/api/install/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: installationSchema,
  }),
  getProgress: route({
    method: 'GET',
    path: '/api/install/:id/progress',
    permission: 'read',
    listener: 'api',
    params,
    response: progressSchema,
  }),
  getLogs: route({
    method: 'GET',
    path: '/api/install/:id/logs',
    permission: 'read',
    listener: 'api',
    params,
    query: z.strictObject({
      after: z._default(z.coerce.number().check(z.int(), z.nonnegative()), 0),
      level: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'debug'),
      follow: z._default(z.enum(['true', 'false']), 'false'),
    }),
    response: logLineSchema,
    stream: 'application/x-ndjson',
  }),
  getTimeline: route({
    method: 'GET',
    path: '/api/install/:id/timeline',
    permission: 'read',
    listener: 'api',
    params,
    response: z.object({ steps: z.array(timelineStepSchema) }),
  }),
  cancelInstallation: route({
    method: 'POST',
    path: '/api/install/:id/cancel',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    body: claimBody,
    response: progressSchema,
  }),
  resumeInstallation: route({
    method: 'POST',
    path: '/api/install/:id/resume',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    body: claimBody,
    response: progressSchema,
  }),
  rollbackInstallation: route({
    method: 'POST',
    path: '/api/install/:id/rollback',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    body: claimBody,
    response: progressSchema,
  }),
}
