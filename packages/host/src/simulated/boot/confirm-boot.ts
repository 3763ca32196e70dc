import { diskIdentity } from '@slipway/protocol'
import { allPools, writePool } from '../pool-access.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import { writeLoaders } from './loaders.ts'

/** Makes the running boot environment the one that starts from now on, on every disk that knows it. */
export function confirmBoot(machine: SimulatedMachine): void {
  const boot = machine.lastBoot
  if (boot.system !== 'installed') return
  const name = boot.boot_environment
  for (const disk of machine.hardware) {
    writeLoaders(machine, diskIdentity(disk).id, (loader) =>
      loader.entries.some((entry) => entry.boot_environment === name)
        ? { ...loader, default: name, once: null }
        : loader,
    )
  }
  for (const pool of allPools(machine)) {
    if (pool.datasets[`ROOT/${name}`]) writePool(machine, { ...pool, bootfs: `ROOT/${name}` })
  }
  machine.store.flush()
}
