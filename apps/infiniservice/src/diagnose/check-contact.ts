import { envelopeWindowMs } from '@slipway/protocol'
import { readLastContact } from '../session/last-contact.ts'
import { fine, problem, warning, type Check } from './check.ts'

/** No clock is right that shows a time before this program was written. */
const writtenAt = Date.UTC(2026, 10, 1)
const clockCure = 'set the clock, and keep it right by NTP (timedatectl set-ntp true)'

/** Looks at the clock and at the last handshake, which compared it with the host's. */
export function checkContact(stateDir: string, now: number): Check[] {
  const contact = readLastContact(stateDir)
  return [
    contact
      ? fine('contact', `the host answered last at ${contact.at}`)
      : warning(
          'contact',
          'the host has never answered this agent',
          'see "device" or "server", then the service’s log',
        ),
    checkClock(contact, now),
  ]
}

function checkClock(contact: ReturnType<typeof readLastContact>, now: number): Check {
  if (now < writtenAt)
    return problem('clock', `the clock shows ${new Date(now).toISOString()}, which is past`, clockCure)
  const off = contact ? Date.parse(contact.at) - Date.parse(contact.server_time) : Number.NaN
  if (Number.isNaN(off)) return fine('clock', 'the clock is plausible; no host has compared it yet')
  const seconds = Math.round(Math.abs(off) / 1000)
  const message = `the clock was ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} the host’s at the last handshake`
  // The agent works all the same; certificates and the times of logs do not.
  return Math.abs(off) >= envelopeWindowMs ? warning('clock', message, clockCure) : fine('clock', message)
}
