import type { Logger } from '@slipway/base'
import { makeCommandRunner, type CommandRunner } from '../command/command-runner.ts'
import type { Host } from '../host.ts'
import { readInventory } from './inventory/read-inventory.ts'
import type { PoolMemory } from './inventory/read-pools.ts'
import { makeLayerStore } from './layers/layer-store.ts'
import type { LinuxSystem } from './linux-system.ts'
import { probeAddress } from './probe-address.ts'
import { setClock } from './set-clock.ts'
import { makeActivateBootEnvironment } from './steps/activate-boot-environment.ts'
import { makeApplySysconfig } from './steps/apply-sysconfig.ts'
import { makeCreateDataset } from './steps/create-dataset.ts'
import { makeCreateFilesystem } from './steps/create-filesystem.ts'
import { makeCreatePool } from './steps/create-pool.ts'
import { makeExportPool } from './steps/export-pool.ts'
import { makeInstallAgent } from './steps/install-agent.ts'
import { makeInstallBootloader } from './steps/install-bootloader.ts'
import { makeMountTarget } from './steps/mount-target.ts'
import { makePartitionDisk } from './steps/partition-disk.ts'
import { makeReboot } from './steps/reboot.ts'
import { makeUnmountTarget } from './steps/unmount-target.ts'
import { makeUpdateBootArchive } from './steps/update-boot-archive.ts'
import { makeWipeDisk } from './steps/wipe-disk.ts'

/** What a Linux host needs; all but the logger have the values of the live environment as defaults. */
export interface LinuxHostOptions {
  readonly logger: Logger
  /** Where the new system is mounted; default `/mnt/slipway-target`. */
  readonly targetRoot?: string
  /** Default `/run/slipway`. */
  readonly runDirectory?: string
  /** Default `/usr/lib/slipway/agent`. */
  readonly agentFolder?: string
  readonly run?: CommandRunner
  /** `lsblk` types taken for disks; default only `disk`. Tests add `loop`. */
  readonly diskTypes?: readonly string[]
}

/**
 * The Linux implementation of `Host`: GPT, ext4 and OpenZFS, GNU tar, systemd-boot or GRUB. Needs root and Debian's
 * tools (scripts/system-packages.txt). Faults: `disk-not-found`, `disk-changed`, `disk-failed`, `command-failed`,
 * `step-timeout`, `unsupported`, `image-invalid`. Source: machines.md, "Plan".
 */
export function makeLinuxHost(options: LinuxHostOptions): Host {
  const system: LinuxSystem = {
    run: options.run ?? makeCommandRunner({ logger: options.logger }),
    logger: options.logger,
    targetRoot: options.targetRoot ?? '/mnt/slipway-target',
    runDirectory: options.runDirectory ?? '/run/slipway',
    agentFolder: options.agentFolder ?? '/usr/lib/slipway/agent',
    diskTypes: options.diskTypes ?? ['disk'],
    sys: '/sys',
    dev: '/dev',
    proc: '/proc',
  }
  const memory: PoolMemory = new Map()
  return {
    platform: 'linux',
    readInventory: (signal) => readInventory(system, memory, signal),
    executors: {
      'wipe-disk': makeWipeDisk(system),
      'partition-disk': makePartitionDisk(system),
      'create-pool': makeCreatePool(system),
      'create-filesystem': makeCreateFilesystem(system),
      'create-dataset': makeCreateDataset(system),
      'mount-target': makeMountTarget(system),
      'apply-sysconfig': makeApplySysconfig(system),
      'install-agent': makeInstallAgent(system),
      'update-boot-archive': makeUpdateBootArchive(system),
      'install-bootloader': makeInstallBootloader(system),
      'activate-boot-environment': makeActivateBootEnvironment(system),
      'unmount-target': makeUnmountTarget(system),
      'export-pool': makeExportPool(system, () => memory.clear()),
      reboot: makeReboot(system),
    },
    layers: makeLayerStore(system),
    async reboot(signal) {
      await system.run(['sync'], { signal, deadlineMs: 600_000 })
      // -f: the live environment has no service manager that could do it in order.
      await system.run(['reboot', '-f'], { signal })
    },
    probeAddress: (input, signal) => probeAddress(system, input, signal),
    setClock: (time) => setClock(system, time),
  }
}
