import type { PoolConfig } from '@slipway/protocol'
import { findProperty } from '../check/check-options.ts'
import { isDataVdev } from '../check/check-pools.ts'
import { pointerStep } from '../places.ts'
import { listWords, shown } from '../words.ts'
import type { MachineCheck } from './machine-check.ts'

/** Checks pools against what the machine has: existing pools, names in use, and what its platform can boot from. */
export function checkPoolsThere(check: MachineCheck): void {
  const { config, inventory, report } = check
  for (const [index, pool] of config.pools.entries()) {
    const pointer = `/pools/${index}`
    if (pool.existing) checkExistingPool(check, pool, pointer)
    else checkNameInUse(check, pool, pointer)
    if (pool.root && inventory.platform === 'illumos' && !pool.existing) checkIllumosRoot(pool, pointer, report)
    checkOptionPlatforms(check, pool, pointer)
  }
  if (config.pools.length > 0 && inventory.capabilities.length > 0 && !inventory.capabilities.includes('zfs')) {
    report({
      code: 'zfs-not-available',
      message: `The machine reports no ZFS, only ${listWords(inventory.capabilities)}.`,
      cure: 'Boot a live environment with ZFS, or write filesystem "ext4" instead of the pools.',
      pointer: '/pools/0',
    })
  }
  if (config.filesystem && inventory.platform !== 'linux') {
    report({
      code: 'filesystem-not-on-platform',
      message: `${inventory.platform} does not boot from an ext4 filesystem.`,
      cure: 'Write a pool, for example: pool "rpool" { vdev "mirror" { disks "c5t0d0" "c6t0d0" } }',
      pointer: '/filesystem/kind',
    })
  }
  if (config.dump_bytes !== null && inventory.platform !== 'illumos') {
    report({
      code: 'dump-not-on-platform',
      severity: 'warning',
      message: `A dump volume is for illumos; ${inventory.platform} makes none.`,
      cure: 'Remove `dump`.',
      pointer: '/dump_bytes',
    })
  }
}

function checkExistingPool({ config, inventory, report }: MachineCheck, pool: PoolConfig, pointer: string): void {
  const there = inventory.pools.find((one) => one.name === pool.name)
  if (!there) {
    const names = inventory.pools.map((one) => one.name)
    report({
      code: 'existing-pool-not-found',
      message: `Pool ${shown(pool.name)} is not on this machine.`,
      cure:
        names.length === 0
          ? 'The machine has no pool; remove existing=#true and name the disks of a new one.'
          : `Pools on this machine: ${listWords(names)}.`,
      pointer: `${pointer}/name`,
    })
    return
  }
  const boot = config.boot_environment_name
  if (boot === null || !pool.root || !there.boot_environments.some((one) => one.name === boot)) return
  report({
    code: 'boot-environment-exists',
    message: `Pool ${shown(pool.name)} has a boot environment ${shown(boot)} already.`,
    cure: `Choose another name than ${listWords(there.boot_environments.map((one) => one.name))}, or remove boot-environment-name to get one with the time in it.`,
    pointer: '/boot_environment_name',
  })
}

/** Two pools of one name on a machine make the next boot a matter of luck, unless the old one is wiped. */
function checkNameInUse({ config, inventory, disks, report }: MachineCheck, pool: PoolConfig, pointer: string): void {
  const there = inventory.pools.find((one) => one.name === pool.name)
  if (!there) return
  const wiped = new Set(
    config.wipes.flatMap((wipe, w) =>
      wipe.mode === 'none' ? [] : wipe.disks.flatMap((_, d) => disks.get(`/wipes/${w}/disks/${d}`)?.name ?? []),
    ),
  )
  const members = inventory.disks.filter((disk) => disk.pool === pool.name || there.disks.includes(disk.name))
  if (members.length > 0 && members.every((disk) => wiped.has(disk.name))) return
  report({
    code: 'pool-name-in-use',
    severity: 'warning',
    message: `This machine has a pool ${shown(pool.name)} already, on disks that stay as they are.`,
    cure: `Choose another name, write existing=#true to use that pool, or wipe its disks: ${members.map((disk) => disk.name).join(', ') || there.disks.join(', ')}.`,
    pointer: `${pointer}/name`,
  })
}

/** illumos boots from one mirror, raidz or single disk, without separate log or allocation classes (zpool(8), "bootfs"). */
function checkIllumosRoot(pool: PoolConfig, pointer: string, report: MachineCheck['report']): void {
  for (const [index, vdev] of pool.vdevs.entries()) {
    if (vdev.kind !== 'log' && vdev.kind !== 'special' && vdev.kind !== 'dedup') continue
    report({
      code: 'root-pool-layout',
      message: `illumos cannot boot from a pool with a ${vdev.kind} vdev, and pool ${shown(pool.name)} holds the system.`,
      cure: `Put it into a second pool: pool "data" { … vdev "${vdev.kind}" { … } }`,
      pointer: `${pointer}/vdevs/${index}/kind`,
    })
  }
  const data = pool.vdevs.filter(isDataVdev)
  const isWide = data.some((vdev) => vdev.kind === 'stripe' && vdev.disks.length > 1)
  if (data.length < 2 && !isWide) return
  report({
    code: 'root-pool-layout',
    message: `illumos boots from exactly one mirror, raidz or single disk; pool ${shown(pool.name)} has ${data.length < 2 ? 'a stripe of several disks' : `${data.length} vdevs`}.`,
    cure: 'Keep one vdev in this pool and put the others into a second pool: pool "data" { … }',
    pointer,
  })
}

function checkOptionPlatforms({ inventory, report }: MachineCheck, pool: PoolConfig, pointer: string): void {
  for (const name of Object.keys(pool.options)) {
    const only = findProperty(name)?.only
    if (only === undefined || only === inventory.platform) continue
    report({
      code: 'option-not-on-platform',
      message: `The ZFS of ${inventory.platform} has no property ${shown(name)}; ${only}'s has.`,
      cure: 'Remove it.',
      pointer: `${pointer}/options${pointerStep(name)}`,
      atName: true,
    })
  }
}
