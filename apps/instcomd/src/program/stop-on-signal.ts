import type { Logger } from '@slipway/base'

/** api.md: SIGINT and SIGTERM stop every child within 5 s; this leaves a little for the process itself. */
const stopMs = 4500

/** Stops in order at the first SIGINT or SIGTERM, even one that comes while starting; the second ends at once. */
export function stopOnSignal(logger: Logger): { onStop(stop: () => Promise<void>): void } {
  let stop: (() => Promise<void>) | null = null
  let asked: NodeJS.Signals | null = null

  async function run(work: () => Promise<void>): Promise<void> {
    await work()
    logger.info({}, 'Stopped')
    process.exit(0)
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (asked !== null) process.exit(1)
    asked = signal
    logger.info({ signal }, `${signal}: stopping`)
    setTimeout(() => {
      logger.error({}, `Did not stop within ${stopMs / 1000} s; ending anyway`)
      process.exit(1)
    }, stopMs)
    if (stop) void run(stop)
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    onStop(work) {
      stop = work
      if (asked !== null) void run(work)
    },
  }
}
