import { execFile } from 'node:child_process'
import { fine, problem, warning, type Check } from './check.ts'

const deadlineMs = 10_000

/** Asks the system's service manager how the agent's service is. */
export async function checkService(platform: NodeJS.Platform): Promise<Check> {
  if (platform === 'win32') {
    const text = await ask('sc.exe', ['query', 'Infiniservice'])
    if (text === null)
      return problem('service', 'the service Infiniservice is not installed', 'run install-windows.ps1')
    return /STATE\s*:\s*4/.test(text)
      ? fine('service', 'the service Infiniservice runs')
      : problem('service', 'the service Infiniservice does not run', 'Start-Service Infiniservice')
  }
  const text = await ask('systemctl', [
    'show',
    'infiniservice',
    '--property=LoadState,ActiveState,UnitFileState,NRestarts',
  ])
  if (text === null)
    return warning('service', 'systemd does not answer: it cannot be said whether the service runs', 'start it by hand')
  return judgeUnit(text)
}

/** Reads `systemctl show` (org.freedesktop.systemd1(5)). */
export function judgeUnit(text: string): Check {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  if (value('LoadState') !== 'loaded')
    return problem('service', 'there is no service infiniservice', 'run install-linux.sh, or install the package')
  const state = value('ActiveState')
  if (state !== 'active')
    return problem(
      'service',
      `the service infiniservice is ${state}, after ${value('NRestarts') || '0'} restarts`,
      'systemctl start infiniservice; journalctl -u infiniservice says why it ended',
    )
  if (!value('UnitFileState').startsWith('enabled'))
    return warning('service', 'the service runs, and will not after a reboot', 'systemctl enable infiniservice')
  return fine('service', 'the service infiniservice runs')
}

/** Null: it cannot be asked, or says that it does not know the service. */
function ask(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: deadlineMs }, (error, stdout) => resolve(error ? null : stdout))
  })
}
