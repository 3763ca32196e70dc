import type { DoctorCheck } from '@slipway/protocol'

/** A check either passes with a fact, or says what is wrong and how to mend it. */
export async function runCheck(
  name: string,
  cure: string,
  check: (signal: AbortSignal) => Promise<string>,
): Promise<DoctorCheck> {
  const signal = AbortSignal.timeout(checkDeadlineMs)
  try {
    return { name, ok: true, message: await check(signal), cure: null }
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error), cure }
  }
}

/** One check may take this long; they run beside each other. */
const checkDeadlineMs = 10_000
