import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fault } from '@slipway/base'
import { parseSimulatedFault, type SimulatedFault } from '@slipway/host'
import { parseEndpoint, parsePort } from '../options.ts'

/** A fault as the command line gives it: for one machine or (null) for all, its disk chosen later where none is named. */
export interface FaultChoice {
  readonly machine: string | null
  /** Null: the machine's second disk fails, so that a mirror of the first two does. */
  readonly fault: SimulatedFault | null
}

/** Command line of `slipway simulate`, checked. */
export interface SimulateOptions {
  readonly machines: number
  readonly seed: string
  readonly dataDir: string
  readonly enrolment: string | null
  readonly instcomd: readonly string[]
  readonly interface: string
  readonly group: string
  readonly discoveryPort: number
  readonly listen: { readonly host: string; readonly port: number }
  readonly faults: readonly FaultChoice[]
  readonly hostnamePrefix: string
  readonly json: boolean
}

export const simulateUsage = `slipway simulate: machines that are real in all but disks and boot

  slipway simulate [--machines N] [--seed S] [--enrolment FILE]
    --machines N            how many (4); their ids are sim-0001, sim-0002, …
    --seed S                decides hardware, and what a power cut loses (1)
    --data-dir DIR          disks and keys of the machines; kept from run to run
    --enrolment FILE        CA and token, as on live media; without it each machine shows a code
    --instcomd URL          register there (repeatable), beside what the enrolment file says
    --interface ADDR        discovery on this interface (127.0.0.1)
    --group ADDR, --discovery-port PORT   (239.255.255.250, 1900)
    --listen-base ADDR:PORT control channels, one port each from PORT on; 0 means any free (interface's address, 0)
    --fault KIND[:MACHINE][…]   repeatable: slow=3, drop:sim-0002=100000, disk-fail:sim-0004, disk-fail=vdb@create-pool:rpool,
                            power-cut:sim-0001@pull-layer, taken:sim-0003=192.0.2.20 (somebody else has the address)
    --hostname-prefix TEXT  (sim-)
    --json                  one JSON object a line`

/** Parses the command line; throws `usage` with what to write instead. */
export function parseSimulateOptions(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): SimulateOptions {
  const values = readValues(argv)
  const machines = /^\d{1,4}$/.test(values.machines) ? Number(values.machines) : 0
  if (machines < 1) throw new Fault('usage', `--machines needs a number from 1 to 9999, not "${values.machines}"`)
  return {
    machines,
    seed: values.seed,
    dataDir: values['data-dir'] ?? defaultDataDir(environment),
    enrolment: values.enrolment ?? null,
    instcomd: values.instcomd ?? [],
    interface: values.interface,
    group: values.group,
    discoveryPort: parsePort(values['discovery-port'], '--discovery-port'),
    listen: parseEndpoint(values['listen-base'] ?? `${values.interface}:0`, '--listen-base'),
    faults: (values.fault ?? []).filter((text) => text !== 'none').map(parseFaultChoice),
    hostnamePrefix: values['hostname-prefix'],
    json: values.json,
  }
}

/** Splits `KIND[:MACHINE][rest]` into the machine and the host's own way to write a fault. */
export function parseFaultChoice(text: string): FaultChoice {
  const match = /^([a-z-]+)(?::([\w.-]+))?((?:[=@+].*)?)$/.exec(text)
  if (!match)
    throw new Fault('usage', `"${text}" is not a fault; write for example disk-fail:sim-0004 or power-cut@pull-layer`)
  const [, kind = '', machine, rest = ''] = match
  const isDiskOpen = kind === 'disk-fail' && rest === ''
  return { machine: machine ?? null, fault: isDiskOpen ? null : parseSimulatedFault(`${kind}${rest}`) }
}

function readValues(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        machines: { type: 'string', default: '4' },
        seed: { type: 'string', default: '1' },
        'data-dir': { type: 'string' },
        enrolment: { type: 'string' },
        instcomd: { type: 'string', multiple: true },
        interface: { type: 'string', default: '127.0.0.1' },
        group: { type: 'string', default: '239.255.255.250' },
        'discovery-port': { type: 'string', default: '1900' },
        'listen-base': { type: 'string' },
        fault: { type: 'string', multiple: true },
        'hostname-prefix': { type: 'string', default: 'sim-' },
        json: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Below the data directory of api.md, "Configuration". */
function defaultDataDir(environment: NodeJS.ProcessEnv): string {
  const own = environment['SLIPWAY_DATA_DIR']
  if (own) return join(own, 'machines')
  if (process.getuid?.() === 0) return '/var/lib/slipway/machines'
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'slipway', 'machines')
}
