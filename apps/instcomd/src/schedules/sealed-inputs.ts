import { z } from 'zod'
import type { Secrets } from '../pki/secrets.ts'

const sealedSchema = z.strictObject({
  values: z.record(z.string(), z.unknown()),
  env: z.optional(z.record(z.string(), z.string())),
})
/** What each run of a schedule gets: input values as given, and variables beside them. */
export type SealedInputs = z.infer<typeof sealedSchema>

/** Seals a schedule's inputs: passwords may be among them. */
export function sealInputs(secrets: Secrets, scheduleId: string, inputs: SealedInputs): string {
  return secrets.encrypt(JSON.stringify(inputs), sealContext(scheduleId))
}

/** Opens them again. */
export function openInputs(secrets: Secrets, scheduleId: string, sealed: string | null): SealedInputs {
  return sealed === null
    ? { values: {} }
    : sealedSchema.parse(JSON.parse(secrets.decrypt(sealed, sealContext(scheduleId))))
}

function sealContext(scheduleId: string): string {
  return `schedule:${scheduleId}`
}
