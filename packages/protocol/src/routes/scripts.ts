import * as z from 'zod/mini'
import { scriptFileSchema } from '../script.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

export const scriptSchema = z.extend(scriptFileSchema, {
  id: z.string(),
  /** Counts the saved versions; executions keep the text they were made with. */
  revision: z.int(),
  sha256: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Script = z.infer<typeof scriptSchema>

/** One problem of a script file, with its place (1-based) and cure. */
export const scriptFindingSchema = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  cure: z.nullable(z.string()),
  /** Such as `inputs[0].validation.pattern`. */
  path: z.string(),
  line: z.nullable(z.int()),
  column: z.nullable(z.int()),
})
export type ScriptFinding = z.infer<typeof scriptFindingSchema>

/** Either the file's text (YAML or JSON), or its parsed fields. */
const scriptBody = z.union([
  z.strictObject({ source: z.string().check(z.minLength(1), z.maxLength(768 * 1024)) }),
  scriptFileSchema,
])
const params = z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(128)) })

export const scriptRoutes = {
  listScripts: route({
    method: 'GET',
    path: '/api/scripts',
    permission: 'read',
    listener: 'api',
    query: listQuery({
      q: z.optional(z.string().check(z.maxLength(128))),
      tag: z.optional(z.string().check(z.maxLength(64))),
    }),
    response: listOf(scriptSchema),
  }),
  addScript: route({
    method: 'POST',
    path: '/api/scripts',
    permission: 'operate',
    listener: 'api',
    status: 201,
    body: scriptBody,
    response: scriptSchema,
  }),
  getScript: route({
    method: 'GET',
    path: '/api/scripts/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: scriptSchema,
  }),
  changeScript: route({
    method: 'PUT',
    path: '/api/scripts/:id',
    permission: 'operate',
    listener: 'api',
    params,
    body: scriptBody,
    response: scriptSchema,
  }),
  removeScript: route({
    method: 'DELETE',
    path: '/api/scripts/:id',
    permission: 'operate',
    listener: 'api',
    status: 204,
    params,
    response: z.null(),
  }),
  checkScript: route({
    method: 'POST',
    path: '/api/scripts/check',
    permission: 'read',
    listener: 'api',
    body: z.strictObject({
      source: z.string().check(z.minLength(1), z.maxLength(768 * 1024)),
      input_values: z.optional(z.record(z.string(), z.unknown())),
    }),
    response: z.object({
      valid: z.boolean(),
      script: z.nullable(scriptFileSchema),
      /** The program as a shell would see it. */
      program: z.nullable(z.string()),
      findings: z.array(scriptFindingSchema),
    }),
  }),
}
