import type { PendingScript } from '@slipway/protocol'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, unixPath } from './find-program.ts'
import { findRunUser, workingDirectory, type RunUser } from './run-user.ts'
import { scriptEnvironment } from './script-environment.ts'
import { shellCommand } from './shell-command.ts'

/** Everything that `spawn` needs. */
export interface PreparedRun {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
  /** Only where setpriv(1) is missing: `spawn` changes the user itself, and drops all supplementary groups. */
  readonly identity: { readonly uid: number; readonly gid: number } | null
}

/** Writes the program's text and finds its shell and user. A string says why this script cannot run on this machine. */
export async function prepareRun(options: {
  script: PendingScript
  /** Exists and is empty. */
  directory: string
  mark: string
  platform?: NodeJS.Platform
}): Promise<PreparedRun | string> {
  const { script, directory, platform = process.platform } = options
  const command = shellCommand(script.shell, platform)
  const path = platform === 'win32' ? (process.env.Path ?? process.env.PATH ?? '') : unixPath
  const program = command.programs.map((name) => findProgram(name, path, platform)).find((found) => found !== null)
  if (!program) return missingShell(script, command.programs)
  const user = platform === 'win32' ? windowsUser(script) : await findRunUser(script.run_as)
  if (typeof user === 'string') return user
  const env = scriptEnvironment(script, user, options.mark)
  if (typeof env === 'string') return env
  const file = writeProgram(join(directory, command.fileName), command.bytesOf(script.script_content), user)
  const argv = [program, ...command.argumentsFor(file)]
  return { ...asUser(argv, user), env, cwd: workingDirectory(user) }
}

function missingShell(script: PendingScript, programs: readonly string[]): string {
  return `the shell ${script.shell} needs the program ${programs.join(' or ')}, which is not installed on this machine`
}

/** The service runs as LocalSystem, which has every right of an administrator: both names mean the service's own account. */
function windowsUser(script: PendingScript): null | string {
  if (script.run_as === null || ['system', 'administrator'].includes(script.run_as.toLowerCase())) return null
  return `run_as is ${JSON.stringify(script.run_as)}, but on Windows it is system or administrator`
}

function writeProgram(file: string, bytes: Buffer, user: RunUser | null): string {
  writeFileSync(file, bytes, { mode: 0o700, flag: 'wx' })
  if (user && user.uid !== process.getuid?.()) chownSync(file, user.uid, user.gid)
  return file
}

function asUser(argv: readonly string[], user: RunUser | null): Pick<PreparedRun, 'argv' | 'identity'> {
  if (!user || user.uid === process.getuid?.()) return { argv, identity: null }
  const setpriv = findProgram('setpriv', unixPath)
  if (!setpriv) return { argv, identity: { uid: user.uid, gid: user.gid } }
  // --init-groups: the supplementary groups of that user, as login has them; spawn's own uid and gid would leave none.
  const change = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--']
  return { argv: [setpriv, ...change, ...argv], identity: null }
}
