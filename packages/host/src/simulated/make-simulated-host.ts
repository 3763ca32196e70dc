import type { Logger } from '@slipway/base'
import type { Disk, Inventory } from '@slipway/protocol'
import type { Host } from '../host.ts'
import type { BootMedia, BootResult } from './boot/boot-machine.ts'
import { confirmBoot } from './boot/confirm-boot.ts'
import { activateBootEnvironment, installBootloader, reboot } from './executors/boot-executors.ts'
import { createFilesystem, partitionDisk, wipeDisk } from './executors/disk-executors.ts'
import { createDataset, createPool, exportPool } from './executors/pool-executors.ts'
import { simulateStep } from './executors/simulated-executor.ts'
import {
  applySysconfig,
  installAgent,
  mountTarget,
  unmountTarget,
  updateBootArchive,
} from './executors/target-executors.ts'
import type { SimulatedFault } from './faults.ts'
import { makeSimulatedLayers } from './layer-store.ts'
import { readSimulatedInventory } from './read-inventory.ts'
import { seedProfile } from './seed-profile.ts'
import { realClock, type SimulatedClock } from './simulated-clock.ts'
import { type SimulatedEvent, SimulatedMachine } from './simulated-machine.ts'
import { type SimulatedState, summarize } from './summarize.ts'

export interface SimulatedHostOptions {
  readonly seed: string
  readonly machineId: string
  readonly hostname: string
  /** Overrides what the seed makes; disks and pools given here are what the machine has at its first start. */
  readonly inventory?: Partial<Inventory>
  readonly faults: readonly SimulatedFault[]
  /** A directory of this machine's own; its one file (lines of JSON) is the machine's disks. */
  readonly stateDir: string
  readonly logger: Logger
  readonly clock?: SimulatedClock
  /** Told at once of power cuts and starts. */
  readonly onEvent?: (event: SimulatedEvent) => void
}

/** A host whose disks, pools and firmware are a model; the rest of Slipway does not see the difference. */
export interface SimulatedHost extends Host {
  /** Takes the power away now. What is under way never answers: end it with its signal, then call `powerOn`. */
  powerCut(): Promise<void>
  /** Starts the machine: by the firmware's variables (default), or from one medium whatever they say. */
  powerOn(media?: BootMedia): Promise<BootResult>
  /** What came up at the last start. */
  bootReport(): BootResult
  /** Makes the running boot environment the default: what the installed system does once its report was taken. */
  confirmBoot(): Promise<void>
  /** The hardware with what is on its disks, whatever system runs; `readInventory` waits for the live environment. */
  hardware(): Inventory
  /** The disks in short, with digests of the trees on them, for comparisons. */
  state(): SimulatedState
  /** Unplugs a disk; what is on it stays for `insertDisk`. */
  pullDisk(name: string): void
  /** Plugs a disk in: the same again, or another (blank) one. */
  insertDisk(disk: Disk): void
}

/** Makes a simulated machine, switched on in its live environment; deterministic for seed, machine id and faults. */
export function makeSimulatedHost(options: SimulatedHostOptions): SimulatedHost {
  const { seed, machineId, hostname } = options
  const platform = options.inventory?.platform ?? 'linux'
  const machine = new SimulatedMachine({
    seed,
    profile: { ...seedProfile({ seed, machineId, hostname, platform }), ...options.inventory, simulated: true },
    faults: options.faults,
    stateDir: options.stateDir,
    logger: options.logger,
    clock: options.clock ?? realClock,
    onEvent: (event) => options.onEvent?.(event),
  })
  return { ...hostOf(machine, options), ...controlsOf(machine) }
}

function hostOf(machine: SimulatedMachine, options: SimulatedHostOptions): Host {
  return {
    platform: machine.options.profile.platform,
    async readInventory(signal) {
      await machine.whenLive(signal)
      return readSimulatedInventory(machine)
    },
    executors: {
      'wipe-disk': simulateStep(machine, wipeDisk(machine)),
      'partition-disk': simulateStep(machine, partitionDisk(machine)),
      'create-pool': simulateStep(machine, createPool(machine)),
      'create-filesystem': simulateStep(machine, createFilesystem(machine)),
      'create-dataset': simulateStep(machine, createDataset(machine)),
      'mount-target': simulateStep(machine, mountTarget(machine)),
      'apply-sysconfig': simulateStep(machine, applySysconfig(machine)),
      'install-agent': simulateStep(machine, installAgent(machine)),
      'update-boot-archive': simulateStep(machine, updateBootArchive(machine)),
      'install-bootloader': simulateStep(machine, installBootloader(machine)),
      'activate-boot-environment': simulateStep(machine, activateBootEnvironment(machine)),
      'unmount-target': simulateStep(machine, unmountTarget(machine)),
      'export-pool': simulateStep(machine, exportPool(machine)),
      reboot: simulateStep(machine, reboot(machine)),
    },
    layers: makeSimulatedLayers(machine),
    async reboot(signal) {
      await machine.whenLive(signal)
      machine.start('firmware')
    },
    async probeAddress({ address }, signal) {
      await machine.whenLive(signal)
      const isTaken = options.faults.some((fault) => fault.kind === 'taken' && fault.address === address)
      return isTaken ? { mac: neighbourMac(address), proxy_arp: false } : null
    },
    async setClock() {
      // A simulated machine has no clock of its own.
    },
  }
}

/** The same one each time; the second bit of the first byte says that it is nobody's product (IEEE 802). */
function neighbourMac(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return ['02', '5e', ...bytes].join(':')
}

function controlsOf(machine: SimulatedMachine): Omit<SimulatedHost, keyof Host> {
  return {
    async powerCut() {
      if (machine.runtime.power !== 'off') machine.cutPower(null)
    },
    async powerOn(media = 'firmware') {
      return machine.start(media)
    },
    bootReport: () => machine.lastBoot,
    async confirmBoot() {
      confirmBoot(machine)
    },
    hardware: () => readSimulatedInventory(machine),
    state: () => summarize(machine),
    pullDisk(name) {
      const index = machine.hardware.findIndex((disk) => disk.name === name)
      if (index >= 0) machine.hardware.splice(index, 1)
    },
    insertDisk: (disk) => machine.insertDisk(disk),
  }
}
