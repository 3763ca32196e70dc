import type { Logger } from '@slipway/base'
import type { CommandRunner } from '../command/command-runner.ts'

/** What every part of the Linux host works with. Paths are parameters so that tests can point them elsewhere. */
export interface LinuxSystem {
  readonly run: CommandRunner
  readonly logger: Logger
  /** Where the new system is mounted while it is installed. */
  readonly targetRoot: string
  /** A directory of our own on a memory file system, for mount points of ESPs. */
  readonly runDirectory: string
  /** The agent that the live medium brings for the new system. */
  readonly agentFolder: string
  /** `lsblk` types taken for disks: `disk`; tests add `loop`. */
  readonly diskTypes: readonly string[]
  readonly sys: string
  readonly dev: string
  readonly proc: string
}
