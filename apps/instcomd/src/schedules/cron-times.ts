import { Fault } from '@slipway/base'
import { Cron } from 'croner'

/**
 * The first time of a five-field cron expression after `after`, or null when there is none. Around clock changes (tested):
 * a fixed time in the hour that a zone skips runs once, right after the gap; one in the hour that comes twice runs once.
 */
export function nextCronTime(cron: string, timeZone: string, after: Date): Date | null {
  return parseCron(cron, timeZone).nextRun(after)
}

/** The last times up to and with `until`, oldest first. */
export function lastCronTimes(cron: string, timeZone: string, until: Date, count: number): Date[] {
  // It looks before its reference: a second later is after `until`, and cron has no seconds.
  return parseCron(cron, timeZone)
    .previousRuns(count, new Date(until.getTime() + 1000))
    .filter((time) => time <= until)
    .sort((a, b) => +a - +b)
}

/** Throws `invalid-request` for an expression or zone that means nothing, or never comes. */
export function checkCron(cron: string, timeZone: string, now: Date): void {
  if (nextCronTime(cron, timeZone, now) === null)
    throw new Fault('invalid-request', `cron: “${cron}” never comes; look at its day and month`)
}

function parseCron(cron: string, timeZone: string): Cron {
  try {
    Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new Fault('invalid-request', `time_zone: “${timeZone}” is not an IANA zone such as Europe/Berlin`, { cause })
  }
  try {
    // Without a function it starts no timer.
    return new Cron(cron.trim(), { timezone: timeZone, mode: '5-part' })
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('invalid-request', `cron: “${cron}” is not five fields (minute hour day month weekday): ${words}`, {
      cause,
    })
  }
}
