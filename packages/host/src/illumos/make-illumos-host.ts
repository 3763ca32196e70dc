import { Fault, isFault, type Logger } from '@slipway/base'
import { makeCommandRunner, type CommandRunner } from '../command/command-runner.ts'
import type { Host } from '../host.ts'
import { makeIllumosExecutors } from './executors.ts'
import { reboot } from './illumos-argv.ts'
import type { IllumosSystem } from './illumos-system.ts'
import { makeIllumosLayerStore } from './layer-store.ts'
import { readIllumosInventory } from './read-inventory.ts'

/** What an illumos host needs. */
export interface IllumosHostOptions {
  readonly logger: Logger
  /** Where the new system is mounted; default `/mnt/slipway-target`. */
  readonly targetRoot?: string
  readonly run?: CommandRunner
}

/**
 * The illumos implementation of `Host`: whole-disk pools with `zpool create -B`, bootadm, beadm. Its commands follow
 * the manual pages of illumos-gate and machines.md; they have not been run on illumos by this project's tests, which
 * compare argv. Faults as the Linux host.
 */
export function makeIllumosHost(options: IllumosHostOptions): Host {
  const system: IllumosSystem = {
    run: options.run ?? makeCommandRunner({ logger: options.logger }),
    logger: options.logger,
    targetRoot: options.targetRoot ?? '/mnt/slipway-target',
  }
  return {
    platform: 'illumos',
    readInventory: (signal) => readIllumosInventory(system, signal),
    executors: makeIllumosExecutors(system),
    layers: makeIllumosLayerStore(system),
    async reboot(signal) {
      await system.run(reboot(), { signal })
    },
    probeAddress: () =>
      Promise.reject(
        new Fault('unsupported', 'addresses are not probed on illumos: it has no program that sends one ARP probe'),
      ),
    async setClock(time) {
      if (Math.abs(time.getTime() - Date.now()) <= 2_000) return
      try {
        // date(1): -u mmddHHMM[[cc]yy][.SS]
        await system.run(['date', '-u', dateOperand(time)], { signal: AbortSignal.timeout(10_000) })
      } catch (error) {
        if (!isFault(error)) throw error
        system.logger.warn({ error: error.message }, 'the clock could not be set')
      }
    },
  }
}

/** The operand of date(1) on illumos: mmddHHMMccyy.SS in UTC. */
export function dateOperand(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  const [hours = '', minutes = '', seconds = ''] = clock.split(':')
  return `${month}${day}${hours}${minutes}${year}.${seconds.slice(0, 2)}`
}
