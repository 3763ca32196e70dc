import type { Logger } from '@slipway/base'
import type { CommandRunner } from './command/command-runner.ts'
import { makeIllumosBootControl } from './illumos/boot-control.ts'
import { confirmBootEnvironment, isOnTrial, runningBootEnvironment } from './linux/boot/confirm-boot-environment.ts'

/** What an installed system does to its own boot environments. */
export interface BootControl {
  /** Name of the running boot environment; null where the system has none (a Linux root on ext4). */
  running(): Promise<string | null>
  /** True when the machine goes back to another boot environment after the next reset. */
  isOnTrial(bootEnvironment: string, signal: AbortSignal): Promise<boolean>
  /** Makes it the one that boots from now on; repeating it does no harm. */
  confirm(bootEnvironment: string, signal: AbortSignal): Promise<void>
  /** Restarts the machine in order. */
  restart(signal: AbortSignal): Promise<void>
}

/** Makes the boot control of the running system; needs root. */
export function makeBootControl(options: {
  platform: 'linux' | 'illumos'
  run: CommandRunner
  logger: Logger
}): BootControl {
  if (options.platform === 'illumos') return makeIllumosBootControl(options.run)
  const system = { run: options.run, dev: '/dev', proc: '/proc', runDirectory: '/run/slipway' }
  return {
    running: () => runningBootEnvironment(system),
    isOnTrial: (bootEnvironment, signal) => isOnTrial(system, bootEnvironment, signal),
    confirm: (bootEnvironment, signal) => confirmBootEnvironment(system, bootEnvironment, signal),
    async restart(signal) {
      await options.run(['systemctl', 'reboot'], { signal })
    },
  }
}
