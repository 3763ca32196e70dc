import type { CommandAnswer } from './command-answer.ts'
import { runCommand } from './run-command.ts'
import type { SafeCommandArguments, ServiceOperation } from './safe-command-arguments.ts'

/** argv of each operation; Windows has no reload and restarts with its stop and start in a row. */
export function serviceCommands(
  operation: ServiceOperation,
  service: string,
  platform: NodeJS.Platform,
): readonly (readonly string[])[] {
  if (platform !== 'win32') return operation === 'status' ? [] : [['systemctl', operation, '--', service]]
  switch (operation) {
    case 'start':
      return [['net.exe', 'start', service]]
    case 'stop':
      return [['net.exe', 'stop', service, '/y']]
    case 'restart':
    case 'reload':
      // net.exe waits for the end of what it was asked, sc.exe does not.
      return [
        ['net.exe', 'stop', service, '/y'],
        ['net.exe', 'start', service],
      ]
    case 'enable':
      return [['sc.exe', 'config', service, 'start=', 'auto']]
    case 'disable':
      return [['sc.exe', 'config', service, 'start=', 'disabled']]
    case 'status':
      return []
    default:
      return operation satisfies never
  }
}

/** Acts, and tells in `data` how the service is afterwards. */
export async function controlService(
  { service, operation }: SafeCommandArguments<'ServiceControl'>,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  let last: CommandAnswer = {}
  for (const argv of serviceCommands(operation, service, process.platform)) {
    last = await runCommand(argv, { signal })
    if (last.error) break
  }
  const state = await serviceState(service, signal)
  return { ...state, ...last, data: state.data }
}

async function serviceState(service: string, signal: AbortSignal): Promise<CommandAnswer> {
  if (process.platform === 'win32') {
    const outcome = await runCommand(['sc.exe', 'query', service], { signal })
    return { ...outcome, data: { service, state: /STATE\s*:\s*\d+\s+(\w+)/.exec(outcome.stdout)?.[1]?.toLowerCase() } }
  }
  const properties = '--property=LoadState,ActiveState,SubState,UnitFileState,Description'
  const outcome = await runCommand(['systemctl', 'show', properties, '--', service], { signal })
  return { ...outcome, data: { service, ...parseShow(outcome.stdout) } }
}

/** `NAME=value` lines of systemctl show, under the names that the rest of the product uses. */
export function parseShow(text: string) {
  const values = new Map(text.split('\n').map((line) => splitOnce(line)))
  const enabled = values.get('UnitFileState')
  return {
    loaded: values.get('LoadState') === 'loaded',
    active: values.get('ActiveState'),
    state: values.get('SubState'),
    enabled: enabled === undefined || enabled === '' ? undefined : enabled.startsWith('enabled'),
    description: values.get('Description'),
  }
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
