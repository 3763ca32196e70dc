import { isFault } from '@slipway/base'

/** `ok`, or the code of the Fault that the work threw. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  )
}
