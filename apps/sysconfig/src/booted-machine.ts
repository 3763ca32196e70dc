import type { Logger } from '@slipway/base'
import { makeBootControl, makeCommandRunner, type BootControl } from '@slipway/host'
import { reachableAddresses } from '@slipway/protocol'
import { readFile } from 'node:fs/promises'
import { networkInterfaces, uptime } from 'node:os'
import { platform } from './platform.ts'
import type { BootedMachine } from './report-first-boot.ts'

/** The machine that this program runs on. */
export async function makeBootedMachine(logger: Logger): Promise<BootedMachine & { control: BootControl }> {
  const control = makeBootControl({ platform: platform(), run: makeCommandRunner({ logger }), logger })
  return {
    control,
    bootId: await readBootId(),
    addresses: () =>
      reachableAddresses(Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])),
    // ext4 has one system and no boot environments of its own: the report's name is then the right one.
    bootEnvironment: async (report) => (await control.running()) ?? report.boot_environment,
    confirm: (bootEnvironment, signal) => control.confirm(bootEnvironment, signal),
  }
}

/** random(4): a UUID per boot; a system without that file is told apart by its start time, to the second. */
async function readBootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null)
  if (text !== null) return text.trim()
  return `boot-${Math.round(Date.now() / 1000 - uptime())}`
}
