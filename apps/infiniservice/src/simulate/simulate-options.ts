import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fault } from '@slipway/base'
import { guestId, mostGuests } from './guest-profile.ts'
import { parseGuestFault, type GuestFault } from './guest-fault.ts'

/** Above so many guests, real shells would measure this computer and nothing else. */
const mostReal = 50

export type RunMode = 'real' | 'model'

/** Command line of simulated guests, checked. */
export interface GuestsOptions {
  readonly ids: readonly string[]
  readonly seed: string
  readonly socketDir: string
  /** Journals and output of scripts that really run. */
  readonly dataDir: string
  readonly run: RunMode
  /** Guests that differ. */
  readonly runOf: ReadonlyMap<string, RunMode>
  readonly faults: readonly GuestFault[]
  /** Print the ids and nothing else. */
  readonly idsOnly: boolean
  readonly json: boolean
}

export const guestsUsage = `slipway simulate --guests N: guests with an agent; the real protocol over real unix sockets, as QEMU has them

  --guests N              how many; their ids are sim-guest-0001, sim-guest-0002, …
  --first N               the number of the first (1), for more guests than one process has descriptors (two each)
  --socket-dir DIR        the server's guests.socket_dir; each guest listens on DIR/ID.socket
  --seed S                decides platforms and figures (1)
  --data-dir DIR          journals of scripts that really run
  --run real|model[:GUEST]  repeatable: real starts the shell through the agent's own code (default up to ${mostReal} guests); model
                          runs nothing and answers with the first echo line (default above)
  --fault KIND[:GUEST][=SECONDS]  repeatable: silent, slow=2, garbage=5, reset=10, drop=10, late=5, duplicate, clock=600, legacy
  --adopt                 enter each as a machine first (POST /api/machines), with SLIPWAY_URL and a token
  --ids                   only print the ids, one a line
  --json                  one JSON object a line: listening, script, ready`

/** Parses the command line; throws `usage` with what to write instead. */
export function parseGuestsOptions(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): GuestsOptions {
  const values = readValues(argv)
  const guests = parseCount(values.guests, '--guests')
  const first = parseCount(values.first, '--first')
  const ids = Array.from({ length: guests }, (_, index) => guestId(first + index))
  const faults = (values.fault ?? []).filter((text) => text !== 'none').map(parseGuestFault)
  const runs = (values.run ?? []).map(parseRun)
  for (const { guest } of [...faults, ...runs])
    if (guest !== null && !ids.includes(guest))
      throw new Fault('usage', `there is no guest "${guest}" among these ${guests}`)
  return {
    ids,
    seed: values.seed,
    socketDir: values['socket-dir'] ?? defaultSocketDir(environment),
    dataDir: values['data-dir'] ?? join(defaultDataDir(environment), 'guests'),
    run: runs.findLast(({ guest }) => guest === null)?.mode ?? (guests > mostReal ? 'model' : 'real'),
    runOf: new Map(runs.flatMap(({ guest, mode }) => (guest === null ? [] : [[guest, mode] as const]))),
    faults,
    idsOnly: values.ids,
    json: values.json,
  }
}

function parseCount(text: string, option: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > mostGuests)
    throw new Fault('usage', `${option} needs a number from 1 to ${mostGuests}, not "${text}"`)
  return count
}

function parseRun(text: string): { mode: RunMode; guest: string | null } {
  const [, mode, guest = null] = /^(real|model)(?::([\w.-]+))?$/.exec(text) ?? []
  if (mode !== 'real' && mode !== 'model') throw new Fault('usage', `--run takes real or model, not "${text}"`)
  return { mode, guest }
}

function readValues(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        guests: { type: 'string', default: '3' },
        first: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        'socket-dir': { type: 'string' },
        'data-dir': { type: 'string' },
        run: { type: 'string', multiple: true },
        fault: { type: 'string', multiple: true },
        ids: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Where the server looks by default (api.md, `guests.socket_dir`). */
function defaultSocketDir(environment: NodeJS.ProcessEnv): string {
  if (environment['INFINIBAY_BASE_DIR']) return join(environment['INFINIBAY_BASE_DIR'], 'sockets')
  if (process.getuid?.() === 0) return '/opt/infinibay/sockets'
  return join(defaultDataDir(environment), 'infinibay', 'sockets')
}

function defaultDataDir(environment: NodeJS.ProcessEnv): string {
  const own = environment['SLIPWAY_DATA_DIR']
  if (own) return own
  if (process.getuid?.() === 0) return '/var/lib/slipway'
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'slipway')
}
