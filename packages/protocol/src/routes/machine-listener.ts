import * as z from 'zod/mini'
import { enrollRequestSchema, enrollResponseSchema } from '../enrolment.ts'
import { bootedReportSchema } from '../install-context.ts'
import { route } from './route.ts'

/** What only machines and agents call, on `server.machine_port`; no person's client has them. */
export const machineListenerRoutes = {
  enroll: route({
    method: 'POST',
    path: '/api/enroll',
    permission: 'open',
    listener: 'machine',
    body: enrollRequestSchema,
    response: enrollResponseSchema,
  }),
  reportBooted: route({
    method: 'POST',
    path: '/api/install/:id/booted',
    permission: 'open',
    listener: 'machine',
    params: z.strictObject({ id: z.string().check(z.maxLength(64)) }),
    body: bootedReportSchema,
    response: z.object({ confirmed: z.boolean() }),
  }),
}

/** What agents call there to get and renew their certificate. */
export const agentListenerRoutes = {
  enrollAgent: route({
    method: 'POST',
    path: '/api/agent/enroll',
    permission: 'open',
    listener: 'machine',
    body: z.strictObject({
      machine_id: z.string().check(z.minLength(1), z.maxLength(128)),
      token: z.string().check(z.maxLength(256)),
      csr_pem: z.string().check(z.maxLength(16_384)),
    }),
    response: z.object({ certificate_pem: z.string(), ca_pem: z.string() }),
  }),
  renewAgent: route({
    method: 'POST',
    path: '/api/agent/renew',
    permission: 'open',
    listener: 'machine',
    body: z.strictObject({ csr_pem: z.string().check(z.maxLength(16_384)) }),
    response: z.object({ certificate_pem: z.string(), ca_pem: z.string() }),
  }),
}
