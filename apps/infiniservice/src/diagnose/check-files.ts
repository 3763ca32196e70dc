import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { AgentConfig } from '../configuration/agent-config.ts'
import type { AgentPaths } from '../configuration/agent-paths.ts'
import { findProgram, unixPath } from '../scripts/find-program.ts'
import { builtInPublicKey } from '../version.ts'
import { fine, problem, warning, type Check } from './check.ts'

/** Output of a script is 16 MiB a stream; an update is 110 MB, twice for a moment. */
const tooLittleBytes = 64 * 1024 ** 2
const littleBytes = 300 * 1024 ** 2

export function checkSecret(config: AgentConfig, paths: AgentPaths, platform: NodeJS.Platform): Check {
  if (config.secret === null)
    return warning(
      'secret',
      'this machine has no shared secret: what it says and hears is not signed',
      'install the agent with INFINISERVICE_SHARED_SECRET from the server (slipway guests)',
    )
  const found = statSync(paths.secret, { throwIfNoEntry: false })
  if (!found) return warning('secret', 'the secret is in the environment alone', `put it into ${paths.secret} (0600)`)
  if (platform === 'win32') return fine('secret', `${paths.secret} holds the secret`)
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  if ((found.mode & 0o077) !== 0)
    return problem('secret', `${paths.secret} has mode ${mode}: others can read it`, `chmod 600 ${paths.secret}`)
  if (found.uid !== 0 && found.uid !== process.getuid?.())
    return problem('secret', `${paths.secret} belongs to user ${found.uid}`, `chown root ${paths.secret}`)
  return fine('secret', `${paths.secret} holds the secret, for its owner alone`)
}

export function checkState(config: AgentConfig): Check {
  const dir = config.stateDir
  const there = nearest(dir)
  try {
    accessSync(there, constants.W_OK)
  } catch {
    return problem('state', `${there} cannot be written: results would be lost`, 'run as root, or set "state_dir"')
  }
  const { bavail, bsize } = statfsSync(there)
  const free = bavail * bsize
  const message = `${Math.round(free / 1024 ** 2)} MiB are free for output and results in ${dir}`
  const cure = 'free some space there, or set "state_dir" in config.json to another disk'
  if (free < tooLittleBytes) return problem('state', message, cure)
  return free < littleBytes ? warning('state', `${message}: too little for an update`, cure) : fine('state', message)
}

export function checkShells(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Check {
  const isWindows = platform === 'win32'
  const wanted = isWindows ? ['powershell.exe', 'cmd.exe'] : ['bash', 'sh']
  const path = isWindows ? (env['Path'] ?? env['PATH'] ?? '') : unixPath
  const missing = wanted.filter((shell) => findProgram(shell, path, platform) === null)
  if (missing.length === 0) return fine('shells', `${wanted.join(' and ')} are there`)
  return warning('shells', `${missing.join(' and ')} missing: scripts for it cannot run here`, 'install it')
}

export function checkUpdates(program: string | null, paths: AgentPaths): Check[] {
  const checks: Check[] = []
  if (builtInPublicKey === null && !existsSync(paths.publicKey))
    checks.push(
      warning(
        'updates',
        'there is no public key, so every update is refused',
        `put minisign.pub to ${paths.publicKey}`,
      ),
    )
  else checks.push(fine('updates', 'there is a public key to check them with'))
  if (program !== null && existsSync(`${program}.trial`))
    checks.push(warning('updates', 'an update is on trial until the host answers', 'wait a minute, and look again'))
  return checks
}

/** The folder itself, or the nearest one above that exists. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path))
}
