import type { SysconfigConfig } from '@slipway/protocol'
import type { Logger } from '@slipway/base'
import type { CommandRunner } from '../command/command-runner.ts'
import { readIllumosInterfaceFacts } from '../illumos/read-interfaces.ts'
import { readInterfaceFacts } from '../linux/inventory/read-interfaces.ts'
import { applySysconfig, type SysconfigReport } from './apply-sysconfig.ts'
import { planSysconfig } from './plan-sysconfig.ts'
import { readFacts } from './read-facts.ts'
import type { InterfaceFact } from './sysconfig-plan.ts'

/** What to configure, and how far to go. */
export interface ConfigureOptions {
  readonly platform: 'linux' | 'illumos'
  /** `/` for the running system; anything else only gets files. */
  readonly root: string
  readonly dryRun: boolean
  readonly run: CommandRunner
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Applies the sysconfig part of a machine config to a system: reads the facts, plans, applies.
 * Throws `config-invalid`, `conflict`, `command-failed`. Twice in a row the second changes nothing.
 */
export async function configureSystem(config: SysconfigConfig, options: ConfigureOptions): Promise<SysconfigReport> {
  const facts = await readFacts(options.root, config, await readMachineInterfaces(options))
  return applySysconfig(planSysconfig(config, facts, options.platform), options)
}

/** The physical interfaces of the machine that this runs on. */
export async function readMachineInterfaces(
  options: Pick<ConfigureOptions, 'platform' | 'run' | 'signal'>,
): Promise<InterfaceFact[]> {
  if (options.platform === 'illumos') return readIllumosInterfaceFacts(options.run, options.signal)
  return readInterfaceFacts({ run: options.run, sys: '/sys' }, options.signal)
}
