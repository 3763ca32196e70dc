export type * from './host.ts'
export {
  makeCommandRunner,
  type CommandOptions,
  type CommandResult,
  type CommandRunner,
} from './command/command-runner.ts'
export { hangsInKernel } from './command/kernel-waits.ts'
export { makeLinuxHost, type LinuxHostOptions } from './linux/make-linux-host.ts'
export {
  installationProperty,
  layerProperty,
  partitionStamp,
  shortInstallationId,
  stampedInstallation,
} from './installation-stamp.ts'
export type { BootMedia, BootResult } from './simulated/boot/boot-machine.ts'
export { bootFailsPath } from './simulated/boot/bootable.ts'
export { parseSimulatedFault, type SimulatedFault, type StepPlace } from './simulated/faults.ts'
export { makeSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from './simulated/make-simulated-host.ts'
export { seedProfile } from './simulated/seed-profile.ts'
export type { SimulatedClock } from './simulated/simulated-clock.ts'
export type { SimulatedEvent } from './simulated/simulated-machine.ts'
export type { SimulatedState, TreeSummary } from './simulated/summarize.ts'
export { makeBootControl, type BootControl } from './boot-control.ts'
export { applySysconfig, type SysconfigReport } from './sysconfig/apply-sysconfig.ts'
export { configureSystem, type ConfigureOptions } from './sysconfig/configure.ts'
export { planSysconfig } from './sysconfig/plan-sysconfig.ts'
export { firstBootPath, machineConfigPath, sysconfigProgramPath } from './sysconfig/slipway-files.ts'
export type { SysconfigChange, SysconfigCommand, SysconfigFacts, SysconfigPlan } from './sysconfig/sysconfig-plan.ts'
export {
  readSysconfigRecord,
  sysconfigRecordPath,
  type ChangeRecord,
  type SysconfigRecord,
} from './sysconfig/sysconfig-record.ts'
export { makeIllumosHost, type IllumosHostOptions } from './illumos/make-illumos-host.ts'
