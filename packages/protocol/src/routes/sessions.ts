import * as z from 'zod/mini'
import { permissions, route } from './route.ts'

/** Who is signed in, at which server. */
export const sessionSchema = z.object({
  principal: z.object({ name: z.string(), permission: z.enum(permissions) }),
  /** Of instcomd. */
  version: z.string(),
})
export type Session = z.infer<typeof sessionSchema>

export const sessionRoutes = {
  getSession: route({
    method: 'GET',
    path: '/api/session',
    permission: 'read',
    listener: 'api',
    response: sessionSchema,
  }),
  /** Sets the browser's session cookie. */
  openSession: route({
    method: 'POST',
    path: '/api/session',
    permission: 'open',
    listener: 'api',
    status: 201,
    body: z.strictObject({ token: z.string().check(z.minLength(1), z.maxLength(256)) }),
    response: sessionSchema,
  }),
  closeSession: route({
    method: 'DELETE',
    path: '/api/session',
    permission: 'read',
    listener: 'api',
    status: 204,
    response: z.null(),
  }),
  createSetupLink: route({
    method: 'POST',
    path: '/api/setup-links',
    permission: 'administer',
    listener: 'api',
    status: 201,
    response: z.object({ url: z.string() }),
  }),
}
