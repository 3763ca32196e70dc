import type { Logger } from '@slipway/base'
import { configureSystem, makeCommandRunner, type SysconfigReport } from '@slipway/host'
import type { CommandLine } from './command-line.ts'
import { platform } from './platform.ts'
import { configPath, readConfig } from './read-config.ts'

/** Applies the config, or says what that would change. */
export async function apply(
  commandLine: Pick<CommandLine, 'root' | 'config' | 'dryRun'>,
  options: { logger: Logger; signal: AbortSignal },
): Promise<SysconfigReport> {
  const config = await readConfig(configPath(commandLine))
  return configureSystem(config.sysconfig, {
    platform: platform(),
    root: commandLine.root,
    dryRun: commandLine.dryRun,
    run: makeCommandRunner({ logger: options.logger }),
    ...options,
  })
}

/** One line per thing that changed, or would. */
export function printReport(report: SysconfigReport, dryRun: boolean): string {
  const changed = report.changes.filter((change) => change.action !== 'unchanged')
  const lines = changed.map((change) => `${change.action} ${change.path}`)
  if (changed.length === 0) lines.push('nothing to change')
  lines.push(...report.commands.map((argv) => `${dryRun ? 'would run' : 'ran'} ${argv.join(' ')}`))
  lines.push(...report.warnings.map((warning) => `warning: ${warning}`))
  return `${lines.join('\n')}\n`
}
