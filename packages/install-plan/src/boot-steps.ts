import type { Step } from '@slipway/protocol'
import { deviceName } from './disk-ref.ts'
import type { Layout } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { inverse, irreversible, nothingToUndo } from './step-parts.ts'
import { bootDevice, rootDevice } from './target-steps.ts'

/** What makes the disks bootable and lets go of them; last, so that a half-installed disk never boots. */
export function bootSteps(layout: Layout, input: PlanInput): Step[] {
  return [
    bootloaderStep(layout),
    ...activateStep(layout, input),
    unmountStep(),
    ...exportSteps(layout),
    ...(input.config.reboot ? [rebootStep(layout)] : []),
  ]
}

function bootloaderStep(layout: Layout): Step {
  const names = layout.bootTargets.map(deviceName)
  return {
    kind: 'install-bootloader',
    id: 'install-bootloader',
    title: `Install the boot loader on ${names.join(', ')}`,
    reads: ['the root file system'],
    writes: [...names.map((name) => `partition ${name}`), 'boot entries of the firmware'],
    destroys: [],
    undo: inverse('remove the boot loader entries of this boot environment'),
    estimated_seconds: 8,
    params: {
      firmware: layout.firmware,
      targets: [...layout.bootTargets],
      root: bootRoot(layout),
      boot_environment: layout.bootEnvironment,
      boot_device: bootDevice(layout),
    },
  }
}

/** The root as the installed system will name it: the pool's own name, also where it is installed under another. */
function bootRoot(layout: Layout): Extract<Step, { kind: 'install-bootloader' }>['params']['root'] {
  const device = rootDevice(layout)
  if (layout.rootPool === null && device !== null) return { kind: 'ext4', device }
  const pool = layout.rootPool?.config.name ?? ''
  return { kind: 'zfs', pool, dataset: `${pool}/ROOT/${layout.bootEnvironment}` }
}

function activateStep(layout: Layout, input: PlanInput): Step[] {
  const pool = layout.rootPool
  if (!pool || layout.rootDataset === null) return []
  const known = input.inventory.pools.find((candidate) => candidate.name === pool.config.name)
  const previous = pool.config.existing ? (known?.boot_environments.find((be) => be.active)?.name ?? null) : null
  const once = pool.config.existing
  return [
    {
      kind: 'activate-boot-environment',
      id: 'activate-boot-environment',
      title: `Activate boot environment ${layout.bootEnvironment}${once ? ' for one boot' : ''}`,
      reads: [],
      writes: [`pool ${pool.installName}`, ...layout.bootTargets.map((device) => `partition ${deviceName(device)}`)],
      destroys: [],
      undo: inverse(previous === null ? 'clear the active boot environment' : `activate ${previous} again`),
      estimated_seconds: 1,
      params: {
        pool: pool.installName,
        dataset: layout.rootDataset,
        boot_environment: layout.bootEnvironment,
        targets: [...layout.bootTargets],
        once,
        previous,
      },
    },
  ]
}

function unmountStep(): Step {
  return {
    kind: 'unmount-target',
    id: 'unmount-target',
    title: 'Unmount the target',
    reads: [],
    writes: [],
    destroys: [],
    undo: nothingToUndo,
    estimated_seconds: 2,
    params: {},
  }
}

/** Data pools first, the root pool last. */
function exportSteps(layout: Layout): Step[] {
  const rootLast = [
    ...layout.pools.filter((pool) => !pool.config.root),
    ...layout.pools.filter((pool) => pool.config.root),
  ]
  return rootLast.map((pool) => ({
    kind: 'export-pool',
    id: `export-pool:${pool.config.name}`,
    title: `Export pool ${pool.config.name}`,
    reads: [],
    writes: [`pool ${pool.installName}`],
    destroys: [],
    undo: inverse('import the pool again'),
    estimated_seconds: 3,
    params: { pool: pool.installName },
  }))
}

function rebootStep(layout: Layout): Step {
  const isBios = layout.firmware === 'bios'
  return {
    kind: 'reboot',
    id: 'reboot',
    // UEFI is told what to start next; nobody can tell a BIOS.
    title: isBios
      ? 'Restart into the installed system; take the live medium away, or have the BIOS start the disk first'
      : 'Restart into the installed system',
    reads: [],
    writes: isBios ? [] : ['the next boot entry of the firmware'],
    destroys: [],
    undo: irreversible('the machine has left the live environment'),
    estimated_seconds: 5,
    params: { firmware: layout.firmware, targets: [...layout.bootTargets] },
  }
}
