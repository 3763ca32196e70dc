import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const infinibay = '/opt/infinibay'

/**
 * The folder that instcomd serves agents from: `${INFINIBAY_BASE_DIR}/infiniservice`; without the variable /opt/infinibay if it
 * can be written, else below the server's data directory. The same rule stands in apps/instcomd/src/configuration (infinibayBase).
 */
export function distributionFolder(base: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const chosen =
    base ?? (env.INFINIBAY_BASE_DIR || (isWritable(infinibay) ? infinibay : join(dataDir(env), 'infinibay')))
  return join(chosen, 'infiniservice')
}

function dataDir(env: NodeJS.ProcessEnv): string {
  if (env.SLIPWAY_DATA_DIR) return env.SLIPWAY_DATA_DIR
  if (process.getuid?.() === 0) return '/var/lib/slipway'
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'slipway')
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
