import type { Logger } from '@slipway/base'
import type { ConfirmBoot } from './first-boot.ts'

/** zpool and efibootmgr answer within seconds; a hung one must not hang the agent's part. */
const deadlineMs = 120_000

/** Confirms the boot environment as sysconfig does. The host package is loaded for this alone: once in a machine's life. */
export function makeConfirmBoot(logger: Logger): ConfirmBoot {
  return async (report) => {
    if (process.platform !== 'linux') return // only Linux machines with boot environments are installed with an agent
    const { makeBootControl, makeCommandRunner } = await import('@slipway/host')
    const control = makeBootControl({ platform: 'linux', run: makeCommandRunner({ logger }), logger })
    const running = (await control.running()) ?? report.boot_environment
    await control.confirm(running, AbortSignal.timeout(deadlineMs))
  }
}
