import * as z from 'zod/mini'
import type { Check } from '../../ui/CheckList.tsx'

/** `data` of the agent's answer to RunAllHealthChecks; an older agent may answer otherwise. */
const answerSchema = z.object({
  checks: z.array(z.object({ name: z.string(), status: z.enum(['ok', 'warning', 'critical']), message: z.string() })),
})

/** The agent's health checks, those that need a look first; null when it answered in other words. */
export function parseHealthAnswer(data: unknown): Check[] | null {
  const parsed = answerSchema.safeParse(data)
  if (!parsed.success) return null
  return parsed.data.checks
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map(({ name, status, message }) => ({ name, ok: status === 'ok', message, cure: null }))
}

const order = ['critical', 'warning', 'ok']
