import type { Fault } from '@slipway/base'
import * as z from 'zod/mini'

const detailsSchema = z.object({
  findings: z.array(z.object({ path: z.string(), message: z.string(), cure: z.nullable(z.string()) })),
})
const prefix = 'input_values.'

/** What the server says of each input, by its name, so that it can stand at the field. */
export function inputErrors(fault: Pick<Fault, 'details'> | null): Readonly<Record<string, string>> {
  const parsed = detailsSchema.safeParse(fault?.details)
  if (!parsed.success) return {}
  return Object.fromEntries(
    parsed.data.findings
      .filter(({ path }) => path.startsWith(prefix))
      .map(({ path, message, cure }) => [path.slice(prefix.length), cure === null ? message : `${message}: ${cure}`]),
  )
}
