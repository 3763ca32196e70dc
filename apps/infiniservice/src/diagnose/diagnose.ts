import type { AgentPaths } from '../configuration/agent-paths.ts'
import { loadConfig } from '../configuration/load-config.ts'
import { ownProgram } from '../update/own-program.ts'
import { version } from '../version.ts'
import { fine, problem, type Check } from './check.ts'
import { checkContact } from './check-contact.ts'
import { checkSecret, checkShells, checkState, checkUpdates } from './check-files.ts'
import { checkLink } from './check-link.ts'
import { checkService } from './check-service.ts'

/** What `--diagnose` found. */
export interface Diagnosis {
  /** No problem; warnings may be there. */
  readonly ok: boolean
  readonly version: string
  readonly checks: readonly Check[]
}

/** Looks at everything the agent needs and says what is wrong and what to do. Changes nothing, and shows no id and no secret. */
export async function diagnose(options: {
  paths: AgentPaths
  env: NodeJS.ProcessEnv
  platform: NodeJS.Platform
}): Promise<Diagnosis> {
  const { paths, env, platform } = options
  const loaded = loadConfig(options)
  const checks: Check[] = []
  if (loaded.ok) {
    const { config } = loaded
    checks.push(fine('configuration', `${paths.config} and the files beside it are in order`))
    checks.push(...(await checkLink(config, paths)), checkSecret(config, paths, platform))
    checks.push(checkState(config), ...checkContact(config.stateDir, Date.now()))
  } else
    for (const { where, what, cure } of loaded.problems)
      checks.push(problem('configuration', `${where}: ${what}`, cure))
  checks.push(await checkService(platform), checkShells(platform, env), ...checkUpdates(ownProgram(), paths))
  return { ok: checks.every((check) => check.status !== 'problem'), version, checks }
}

/** The diagnosis for a person: one line each, and the cure under it. */
export function printDiagnosis(diagnosis: Diagnosis): string {
  const mark = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' }
  const lines = diagnosis.checks.flatMap(({ check, status, message, cure }) => [
    `${mark[status]}  ${check.padEnd(13)}  ${message}`,
    ...(cure === undefined ? [] : [`${' '.repeat(24)}→ ${cure}`]),
  ])
  return [`infiniservice ${diagnosis.version}`, ...lines, ''].join('\n')
}
