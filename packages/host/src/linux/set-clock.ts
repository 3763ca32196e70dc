import { isFault } from '@slipway/base'
import type { LinuxSystem } from './linux-system.ts'

const toleranceMs = 2_000

/** Sets the system clock when it is further off than two seconds, then the hardware clock; never fails. */
export async function setClock(system: LinuxSystem, time: Date): Promise<void> {
  if (Math.abs(time.getTime() - Date.now()) <= toleranceMs) return
  const signal = AbortSignal.timeout(10_000)
  try {
    await system.run(['date', '--utc', `--set=@${(time.getTime() / 1000).toFixed(3)}`], { signal })
    await system.run(['hwclock', '--systohc', '--utc'], { signal, accept: [0, 1] })
  } catch (error) {
    // In a container or without the right the clock stays as it is; certificates are then checked against it.
    if (!isFault(error)) throw error
    system.logger.warn({ error: error.message }, 'the clock could not be set')
  }
}
