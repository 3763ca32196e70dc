import { mkdirSync } from 'node:fs'
import { Fault, type Logger } from '@slipway/base'
import { faultsOf } from './guest-fault.ts'
import { guestProfile } from './guest-profile.ts'
import type { GuestsOptions } from './simulate-options.ts'
import { SimulatedGuest } from './simulated-guest.ts'

/** What simulated guests say of themselves. `script`: a modelled run began, `at` in milliseconds since the epoch. */
export type GuestLine =
  | { readonly type: 'listening'; readonly machine_id: string; readonly platform: string; readonly faults: string[] }
  | {
      readonly type: 'script'
      readonly machine_id: string
      readonly execution_id: string
      readonly attempt: number
      readonly at: number
    }
  /** `real`: how many of them run scripts on this computer. */
  | { readonly type: 'ready'; readonly guests: number; readonly real: number; readonly socket_dir: string }

/** One timer for all: each guest has its turn once a second, a tenth of them at a time. */
const turnMs = 100
const turns = 10
/** Sockets that are made at once; each is a file in the folder, which the server reads again at every change. */
const atOnce = 500

export interface GuestPark {
  stop(): Promise<void>
}

/** Starts simulated guests; resolves when all listen. Throws `unavailable` when a socket cannot be made. */
export async function startGuests(
  options: GuestsOptions,
  to: { say: (line: GuestLine) => void; logger: Logger },
): Promise<GuestPark> {
  mkdirSync(options.socketDir, { recursive: true, mode: 0o750 })
  const guests: SimulatedGuest[] = []
  let turn = 0
  const timer = setInterval(() => {
    turn = (turn + 1) % turns
    const now = performance.now()
    for (let index = turn; index < guests.length; index += turns) guests[index]?.tick(now)
  }, turnMs)
  const stop = async () => {
    clearInterval(timer)
    await Promise.all(guests.map((guest) => guest.stop()))
  }
  try {
    for (let from = 0; from < options.ids.length; from += atOnce) {
      for (const id of options.ids.slice(from, from + atOnce)) guests.push(makeGuest(options, id, to))
      await Promise.all(guests.slice(from).map(({ ready }) => ready))
    }
  } catch (cause) {
    await stop()
    throw cannotListen(options.socketDir, cause)
  }
  const real = options.ids.filter((id) => (options.runOf.get(id) ?? options.run) === 'real').length
  to.say({ type: 'ready', guests: guests.length, real, socket_dir: options.socketDir })
  return { stop }
}

function makeGuest(
  options: GuestsOptions,
  id: string,
  { say, logger }: { say: (line: GuestLine) => void; logger: Logger },
): SimulatedGuest {
  const run = options.runOf.get(id) ?? options.run
  const profile = guestProfile(options.seed, id, run === 'real')
  const faults = faultsOf(id, options.faults)
  say({ type: 'listening', machine_id: id, platform: profile.platform, faults: [...faults.keys()] })
  const { socketDir, dataDir } = options
  return new SimulatedGuest({
    profile,
    faults,
    run,
    socketDir,
    dataDir,
    logger,
    onStarted: (attempt) => say({ type: 'script', machine_id: id, ...attempt, at: Date.now() }),
  })
}

function cannotListen(folder: string, cause: unknown): Fault {
  const what = cause instanceof Error ? cause.message : String(cause)
  const cure = what.includes('EMFILE')
    ? 'two descriptors a guest are needed: raise the limit (prlimit --nofile=65536 --pid $$)'
    : 'may this user write there, and is the folder’s path at most 80 letters long?'
  return new Fault('unavailable', `a guest cannot listen in ${folder}: ${what}; ${cure}`, { cause })
}

/** One line for people; nothing of the single guests of a large park. */
export function printGuestLine(line: GuestLine, guests: number): string | null {
  const isFew = guests <= 20
  switch (line.type) {
    case 'listening':
      return isFew ? [line.machine_id, line.platform, ...line.faults].join('  ') : null
    case 'script':
      return isFew ? `${line.machine_id}  script ${line.execution_id}, attempt ${line.attempt}` : null
    case 'ready':
      return printReady(line)
  }
}

function printReady({ guests, real, socket_dir }: Extract<GuestLine, { type: 'ready' }>): string {
  const what = `${guests} simulated guest${guests === 1 ? '' : 's'} listening in ${socket_dir}; stop with Ctrl-C`
  return real === 0 ? what : `${what}\nScripts of ${real} of them really run, on this computer and as this user.`
}
