import { Fault } from '@slipway/base'
import { parseArgs } from 'node:util'

/** What the program was asked to do. */
export interface CommandLine {
  readonly command: 'apply' | 'show' | 'help'
  readonly root: string
  /** Null: /etc/slipway/machine.kdl below the root. */
  readonly config: string | null
  readonly dryRun: boolean
  readonly json: boolean
  /** Send the first-boot report afterwards; what the unit asks for. */
  readonly report: boolean
}

export const usage = `usage: sysconfig apply [--root DIR] [--config FILE] [--dry-run] [--json] [--report]
       sysconfig show  [--root DIR] [--config FILE] [--json]

apply   brings hostname, DNS, interfaces, users, time zone and locale to what the machine config says
show    prints the config's wishes, what differs from them now, and what the last apply changed

--root DIR     the system to configure; default /
--config FILE  default /etc/slipway/machine.kdl below the root
--dry-run      say what would change, change nothing
--json         one JSON document on standard output
--report       afterwards, report the first boot to the control plane until it answers (used by slipway-sysconfig.service)

exit: 0 done, 1 failed, 2 usage, 3 invalid config, 4 refused, 5 unreachable
`

/** Reads the command line; throws `usage`. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(argv)
  const [command = values.help ? 'help' : '', ...surplus] = positionals
  if (values.help || command === 'help') return { ...flags(values), command: 'help' }
  if (command !== 'apply' && command !== 'show') {
    throw new Fault(
      'usage',
      command === '' ? 'say apply or show' : `there is no command "${command}"; say apply or show`,
    )
  }
  if (surplus.length > 0) throw new Fault('usage', `"${surplus[0]}" is one argument too many`)
  const flagged = flags(values)
  if (command === 'show' && (flagged.dryRun || flagged.report)) {
    throw new Fault('usage', 'show changes nothing, so --dry-run and --report belong to apply')
  }
  if (flagged.report && flagged.root !== '/') throw new Fault('usage', 'only the running system can report its boot')
  return { ...flagged, command }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        root: { type: 'string' },
        config: { type: 'string' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        report: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new Fault('usage', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function flags(values: ReturnType<typeof parse>['values']): Omit<CommandLine, 'command'> {
  return {
    root: values.root ?? '/',
    config: values.config ?? null,
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
    report: values.report ?? false,
  }
}
