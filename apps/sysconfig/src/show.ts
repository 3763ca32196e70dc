import type { Logger } from '@slipway/base'
import { readSysconfigRecord, type SysconfigRecord, type SysconfigReport } from '@slipway/host'
import type { SysconfigConfig } from '@slipway/protocol'
import { apply, printReport } from './apply.ts'
import type { CommandLine } from './command-line.ts'
import { configPath, readConfig } from './read-config.ts'

/** What is wished for, what differs from it now, and what the last apply changed. */
export interface Shown {
  readonly config: string
  readonly sysconfig: SysconfigConfig
  readonly pending: SysconfigReport
  readonly last_applied: SysconfigRecord | null
}

/** Reads everything and changes nothing. Password hashes are left out: what is shown ends up in tickets. */
export async function show(commandLine: CommandLine, options: { logger: Logger; signal: AbortSignal }): Promise<Shown> {
  const path = configPath(commandLine)
  const { sysconfig } = await readConfig(path)
  return {
    config: path,
    sysconfig: {
      ...sysconfig,
      users: sysconfig.users.map((user) => ({ ...user, password_hash: user.password_hash === null ? null : '(set)' })),
    },
    pending: await apply({ ...commandLine, dryRun: true }, options),
    last_applied: await readSysconfigRecord(commandLine.root),
  }
}

/** The same for people. */
export function printShown(shown: Shown): string {
  const { sysconfig } = shown
  const interfaces = sysconfig.interfaces.map((entry) => {
    const addresses = entry.addresses.map(({ kind, address }) => address ?? kind).join(' ')
    return `interface    ${entry.name}  ${addresses}`
  })
  const lines = [
    `config       ${shown.config}`,
    `hostname     ${sysconfig.hostname}`,
    `nameservers  ${sysconfig.nameservers.join(' ') || 'none'}`,
    `time zone    ${sysconfig.timezone ?? 'as it is'}`,
    ...interfaces,
    `users        ${sysconfig.users.map((user) => user.name).join(' ') || 'none'}`,
    `last change  ${shown.last_applied?.applied_at ?? 'never'}`,
    '',
    'Differences from the config now:',
  ]
  return `${lines.join('\n')}\n${printReport(shown.pending, true)}`
}
