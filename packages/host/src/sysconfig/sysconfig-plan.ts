/** What the rules of sysconfig know about the system that they configure; everything else comes from the config. */
export interface SysconfigFacts {
  readonly interfaces: readonly InterfaceFact[]
  /** Present contents of the files that are edited and not replaced; null for a missing one. */
  readonly files: Readonly<Record<string, string | null>>
  /** Paths (absolute, in the target) that exist, of those in `probedPaths`. */
  readonly existing: ReadonlySet<string>
}

export interface InterfaceFact {
  readonly name: string
  readonly mac: string
  readonly driver: string | null
  /** Position among physical interfaces in bus order. */
  readonly bus_index: number
}

/** One thing to bring about. All are idempotent: applied twice, the second time changes nothing. */
export type SysconfigChange =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly content: string
      readonly mode: number
      readonly owner?: Owner
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly owner?: Owner }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Removes what an earlier config made; only ever paths that carry our name. */
  | { readonly kind: 'absent'; readonly path: string }

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A command for the running system (never run when another root is configured). */
export interface SysconfigCommand {
  readonly argv: readonly string[]
  /** Why, for the log and `--dry-run`. */
  readonly reason: string
  /** Run only when one of these paths changed; empty: whenever the system itself is configured. */
  readonly whenChanged: readonly string[]
  /** Exit codes that mean "already so". */
  readonly accept: readonly number[]
}

/** The whole of a configuration as data. */
export interface SysconfigPlan {
  readonly changes: readonly SysconfigChange[]
  readonly commands: readonly SysconfigCommand[]
  /** What was asked for and will not take effect on this system, in words with a cure. */
  readonly warnings: readonly string[]
}

/** A plan with nothing in it; parts are joined by `joinPlans`. */
export const emptyPlan: SysconfigPlan = { changes: [], commands: [], warnings: [] }

export function joinPlans(parts: readonly SysconfigPlan[]): SysconfigPlan {
  return {
    changes: parts.flatMap((part) => part.changes),
    commands: parts.flatMap((part) => part.commands),
    warnings: parts.flatMap((part) => part.warnings),
  }
}

/** The first line of every file that sysconfig owns. */
export const ownerLine = '# Written by sysconfig from /etc/slipway/machine.kdl; changes here are overwritten.'
