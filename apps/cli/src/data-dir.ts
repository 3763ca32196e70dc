import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a server of this user keeps its data (api.md): the variable, else /var/lib/slipway as root, else XDG. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SLIPWAY_DATA_DIR) return env.SLIPWAY_DATA_DIR
  if (process.getuid?.() === 0) return '/var/lib/slipway'
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'slipway')
}

/** Where `npm start` keeps its own. */
export function demoDataDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(defaultDataDir(env), 'demo')
}
