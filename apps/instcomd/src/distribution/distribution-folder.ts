import { join } from 'node:path'
import { infinibayBase } from '../configuration/default-configuration.ts'

/** The folder that agents are served from. scripts/build-agent.sh writes by the same rule. Source: agent.md, "Distribution". */
export function distributionFolder(env: Readonly<Record<string, string | undefined>>, dataDir: string): string {
  return join(infinibayBase(env, dataDir).path, 'infiniservice')
}
