/** Why no plan can be made, each code once; docs/errors.md lists them beside the findings of a config check. */
export const planProblemCodes = {
  'disk-unresolved': 'The config names a disk that was not resolved against the machine.',
  'disk-in-use': 'A disk of the config is mounted, is the live medium, is read-only or belongs to an imported pool.',
  'disk-not-blank': 'A disk of the config has contents and no `wipe` names it.',
  'disk-named-twice': 'Two names in the config mean one disk.',
  'disk-too-small': 'The disks are too small for the partitions and the image.',
  'pool-not-found': 'A pool marked `existing=#true` is not on the machine.',
  'boot-environment-exists': 'The pool already has a boot environment of that name.',
  'no-boot-partition': 'No disk of an existing pool has a partition that the firmware can start from.',
  'no-root': 'The config has neither a root pool nor a root file system.',
  'platform-unsupported': 'The config asks for something that the machine’s operating system cannot do.',
  'image-unfit': 'The image is for another operating system or architecture, or has no layers.',
} as const

export type PlanProblemCode = keyof typeof planProblemCodes

/** One reason why a config cannot be planned for a machine: what is wrong with what, and a cure. */
export interface PlanProblem {
  readonly code: PlanProblemCode
  readonly message: string
  readonly cure: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Makes a problem; details default to none. */
export function problem(
  code: PlanProblemCode,
  message: string,
  cure: string,
  details: Readonly<Record<string, unknown>> = {},
): PlanProblem {
  return { code, message, cure, details }
}
