import type { Logger } from '@slipway/base'
import type { Database } from '../database/database.ts'
import { expireGuestMetrics, expireProgress } from './store.ts'

/** api.md: progress 7 days, the rest is kept. */
const progressDays = 7
/** Figures of guests are kept with the guests; as events they are only news. */
const metricsMinutes = 60
const roundMs = 3_600_000

/** Removes expired progress events now and every hour; returns the way to stop. */
export function startRetention(database: Database, logger: Logger): () => void {
  const round = async () => {
    await expireGuestMetrics(database, metricsMinutes)
    const count = await expireProgress(database, progressDays)
    if (count > 0) logger.info({ count }, 'Expired progress events removed')
  }
  const run = () =>
    void round().catch((error: unknown) =>
      logger.warn({ err: error }, 'expired events could not be removed; tried again in an hour'),
    )
  run()
  const timer = setInterval(run, roundMs)
  timer.unref()
  return () => clearInterval(timer)
}
