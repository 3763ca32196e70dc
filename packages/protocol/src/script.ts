import * as z from 'zod/mini'

/** The user that a script runs as; what it means on each system is agent.md's. */
export const runAsSchema = z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/))
/** How long a script may run, in seconds; a year at most. */
export const timeoutSecondsSchema = z.int().check(z.minimum(1), z.maximum(31_536_000))

/** Words of script files (scripts.md); the agent's wire writes shells in upper case. */
export const scriptShells = ['bash', 'sh', 'powershell', 'cmd'] as const
export const scriptSystems = ['linux', 'windows'] as const
export const scriptInputTypes = [
  'text',
  'number',
  'boolean',
  'select',
  'multiselect',
  'path',
  'password',
  'email',
  'url',
  'textarea',
] as const

const name = z.string().check(z.minLength(1), z.maxLength(128))
const sentence = z.string().check(z.maxLength(4096))

export const scriptInputSchema = z.strictObject({
  name: z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)),
  type: z.enum(scriptInputTypes),
  label: z.optional(sentence),
  description: z.optional(sentence),
  required: z._default(z.boolean(), false),
  default: z.optional(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  /** Of select and multiselect. */
  options: z.optional(
    z.array(z.union([z.string(), z.strictObject({ label: z.string(), value: z.string() })])).check(z.maxLength(256)),
  ),
  validation: z.optional(
    z.strictObject({
      /** ECMAScript, matched against the whole value. */
      pattern: z.optional(z.string().check(z.maxLength(512))),
      minLength: z.optional(z.int()),
      maxLength: z.optional(z.int()),
      min: z.optional(z.number()),
      max: z.optional(z.number()),
    }),
  ),
})
export type ScriptInput = z.infer<typeof scriptInputSchema>

/** A script file after YAML or JSON was read (scripts.md, "File"). */
export const scriptFileSchema = z.strictObject({
  name,
  description: z.optional(sentence),
  tags: z._default(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(64)), []),
  category: z.optional(z.string().check(z.maxLength(128))),
  version: z.optional(z.string().check(z.maxLength(64))),
  os: z.array(z.enum(scriptSystems)).check(z.minLength(1), z.maxLength(2)),
  shell: z.enum(scriptShells),
  inputs: z._default(z.array(scriptInputSchema).check(z.maxLength(64)), []),
  script: z.string().check(z.minLength(1), z.maxLength(512 * 1024)),
  execution: z._default(
    z.strictObject({
      /** Seconds. */
      timeout: z._default(timeoutSecondsSchema, 3600),
      run_as: z.optional(runAsSchema),
      retry_on_failure: z._default(z.boolean(), false),
      max_retries: z._default(z.int().check(z.minimum(0), z.maximum(100)), 0),
    }),
    { timeout: 3600, retry_on_failure: false, max_retries: 0 },
  ),
})
export type ScriptFile = z.infer<typeof scriptFileSchema>

export const executionStatuses = ['PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED'] as const
export type ExecutionStatus = (typeof executionStatuses)[number]
