import type { Logger } from '@slipway/base'
import type { CommandRunner } from '../command/command-runner.ts'

/** What every part of the illumos host works with. */
export interface IllumosSystem {
  readonly run: CommandRunner
  readonly logger: Logger
  readonly targetRoot: string
}
