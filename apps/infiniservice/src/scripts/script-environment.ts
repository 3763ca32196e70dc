import type { PendingScript } from '@slipway/protocol'
import { unixPath } from './find-program.ts'
import type { RunUser } from './run-user.ts'

/** Marks every process of a run, so that those which left its process group can be found and ended with it. */
export const runMark = 'INFINISERVICE_RUN'

/** What Windows programs cannot do without; everything else of the service's environment stays with the service. */
const windowsNames = `
  SystemRoot SystemDrive windir ComSpec Path PATHEXT TEMP TMP OS COMPUTERNAME NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE
  ProgramData ALLUSERSPROFILE PUBLIC USERPROFILE USERNAME USERDOMAIN APPDATA LOCALAPPDATA PSModulePath
  ProgramFiles ProgramFiles(x86) ProgramW6432 CommonProgramFiles CommonProgramFiles(x86) CommonProgramW6432`
  .trim()
  .split(/\s+/)

/** A small known environment, then the script's own; never the agent's secrets. A string says what is wrong with it. */
export function scriptEnvironment(
  script: PendingScript,
  user: RunUser | null,
  mark: string,
): Record<string, string> | string {
  for (const [name, value] of Object.entries(script.env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${JSON.stringify(name)} is no name of an environment variable`
    if (value.includes('\0')) return `the value of ${name} contains a NUL character, which no environment can carry`
  }
  return { ...(user ? unixBase(user) : windowsBase(process.env)), ...script.env, [runMark]: mark }
}

function unixBase(user: RunUser): Record<string, string> {
  return {
    PATH: unixPath,
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
  }
}

function windowsBase(own: NodeJS.ProcessEnv): Record<string, string> {
  const base: Record<string, string> = {}
  for (const name of windowsNames) {
    const value = own[name]
    if (value !== undefined) base[name] = value
  }
  return base
}
