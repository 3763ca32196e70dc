import type { SafeAction } from '@slipway/protocol'
import * as z from 'zod/mini'

// Names become one argument of a program each, never text of a shell. None may begin with a dash, which would be an option.
const serviceName = z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9:_.@\\-]{0,200}$/))
const packageName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9+_.:~-]{0,200}$/))
const packageVersion = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9+_.:~-]{0,100}$/))
const percent = z.number().check(z.minimum(1), z.maximum(100))

export const serviceOperations = ['start', 'stop', 'restart', 'reload', 'enable', 'disable', 'status'] as const
export type ServiceOperation = (typeof serviceOperations)[number]

/** The fields of each action beside `action`; unknown ones are refused, so that a misspelt one is not silently ignored. */
export const safeCommandArguments = {
  ServiceList: z.strictObject({}),
  ServiceControl: z.strictObject({ service: serviceName, operation: z.enum(serviceOperations) }),
  /** `filter`: part of the name. */
  PackageList: z.strictObject({ filter: z.optional(z.string().check(z.maxLength(200))) }),
  PackageInstall: z.strictObject({ package: packageName, version: z.optional(packageVersion) }),
  PackageRemove: z.strictObject({ package: packageName }),
  ProcessList: z.strictObject({ limit: z.optional(z.int().check(z.minimum(1), z.maximum(1000))) }),
  /** `force`: SIGKILL in place of SIGTERM. */
  ProcessKill: z.strictObject({ pid: z.int().check(z.minimum(2)), force: z.optional(z.boolean()) }),
  SystemInfo: z.strictObject({}),
  /** In use from which a file system is worth a warning; default 80 and 90. */
  CheckDiskSpace: z.strictObject({ warning_percent: z.optional(percent), critical_percent: z.optional(percent) }),
  RunAllHealthChecks: z.strictObject({}),
  Reboot: z.strictObject({}),
} as const satisfies Record<SafeAction, z.ZodMiniType>

/** The parsed fields of one action. */
export type SafeCommandArguments<A extends SafeAction> = z.infer<(typeof safeCommandArguments)[A]>
