import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const infinibay = '/opt/infinibay'

/**
 * The folder that agents are served from: `${INFINIBAY_BASE_DIR}/infiniservice`; without the variable /opt/infinibay if it can be
 * written, else below the data directory. scripts/build-agent.sh writes by the same rule. Source: agent.md, "Distribution".
 */
export function distributionFolder(env: Readonly<Record<string, string | undefined>>, dataDir: string): string {
  const base = env.INFINIBAY_BASE_DIR || (isWritable(infinibay) ? infinibay : join(dataDir, 'infinibay'))
  return join(base, 'infiniservice')
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
