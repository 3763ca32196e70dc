export type * from './host.ts'
export {
  makeCommandRunner,
  type CommandOptions,
  type CommandResult,
  type CommandRunner,
} from './command/command-runner.ts'
export { makeLinuxHost, type LinuxHostOptions } from './linux/make-linux-host.ts'
export {
  installationProperty,
  layerProperty,
  partitionStamp,
  shortInstallationId,
  stampedInstallation,
} from './linux/stamp.ts'
