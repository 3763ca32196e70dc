import { Fault, type Logger } from '@slipway/base'
import { type Disk, diskIdentity, type DiskRef, type Inventory, type Step } from '@slipway/protocol'
import { join } from 'node:path'
import type { StepContext } from '../host.ts'
import { bootMachine, type BootMedia, type BootResult } from './boot/boot-machine.ts'
import { DurableStore } from './durable-store.ts'
import { isAt, type SimulatedFault } from './faults.ts'
import { blankState, diskDomain, initialState } from './initial-state.ts'
import { seededRandom, seededUuid } from './seeded-random.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import type { DiskState, FirmwareState } from './state.ts'

/** What happens to the machine from outside its host's calls. */
export type SimulatedEvent =
  | { readonly type: 'power-lost'; readonly step_id: string | null }
  | { readonly type: 'booted'; readonly boot: BootResult }

export interface MachineOptions {
  readonly seed: string
  readonly profile: Inventory
  readonly faults: readonly SimulatedFault[]
  readonly stateDir: string
  readonly logger: Logger
  readonly clock: SimulatedClock
  onEvent(event: SimulatedEvent): void
}

/** Where a mounted file system is kept. */
export type MountSource =
  | { readonly kind: 'dataset'; readonly guid: string; readonly dataset: string }
  | { readonly kind: 'partition'; readonly identity: string; readonly partition: number | null }

/** What the running system holds and a restart forgets. */
interface Runtime {
  power: 'live' | 'installed' | 'off'
  bootId: string
  /** Name under which a pool is imported → guid. */
  readonly imported: Map<string, string>
  readonly mounts: Map<string, MountSource>
}

const stepPaceMs = 20
const mebibytePaceMs = 5

/** One simulated machine: its memory, what runs on it now, and the faults that wait for it. */
export class SimulatedMachine {
  readonly options: MachineOptions
  readonly store: DurableStore
  /** Hardware as it is plugged in now. */
  readonly hardware: Disk[]
  runtime: Runtime
  /** The last start. */
  lastBoot: BootResult
  /** Bytes of layers unpacked since the last start. */
  unpackedBytes = 0

  constructor(options: MachineOptions) {
    this.options = options
    this.hardware = [...options.profile.disks]
    const file = join(options.stateDir, 'simulated-machine.jsonl')
    this.store = new DurableStore(file, initialState(options.profile))
    this.runtime = offRuntime()
    // A process that starts on an old state directory is a machine switched on with the live medium in.
    this.lastBoot = this.#start('live')
  }

  /** Waits until the machine runs the live environment; without power nothing answers, so only the signal ends it. */
  async whenLive(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.runtime.power !== 'live') await neverUntil(signal)
  }

  /** What every step passes before it acts: power, the faults that wait for it, and the pace. */
  async enter(step: Step, context: StepContext): Promise<void> {
    await this.whenLive(context.signal)
    const index = context.plan.steps.findIndex((candidate) => candidate.id === step.id)
    for (const [number, fault] of this.options.faults.entries()) {
      if (fault.kind === 'disk-fail' && fault.after_bytes === 0 && (fault.at === null || isAt(fault.at, step, index))) {
        this.strike(number, () => this.failDisk(fault.disk))
      }
      // A layer is cut in its middle: see unpacked().
      if (fault.kind === 'power-cut' && step.kind !== 'pull-layer' && isAt(fault.at, step, index)) {
        this.strike(number, () => this.cutPower(step.id))
      }
    }
    await this.whenLive(context.signal)
    await this.#wait(stepPaceMs, context.signal)
  }

  /** Counts unpacked bytes and lets the faults strike that wait for them. */
  async unpacked(
    bytes: number,
    layer: { step: Step; context: StepContext } | null,
    signal: AbortSignal,
  ): Promise<void> {
    this.unpackedBytes += bytes
    for (const [number, fault] of this.options.faults.entries()) {
      if (fault.kind === 'disk-fail' && fault.after_bytes > 0 && this.unpackedBytes >= fault.after_bytes) {
        this.strike(number, () => this.failDisk(fault.disk))
      }
      if (fault.kind === 'power-cut' && layer) {
        const index = layer.context.plan.steps.findIndex((candidate) => candidate.id === layer.step.id)
        if (isAt(fault.at, layer.step, index)) this.strike(number, () => this.cutPower(layer.step.id))
      }
    }
    await this.whenLive(signal)
    await this.#wait((mebibytePaceMs * bytes) / 2 ** 20, signal)
  }

  /** Runs a fault's effect the first time only, for good. */
  strike(fault: number, effect: () => void): void {
    if (this.store.counter(`fault-${fault}`) > 0) return
    this.store.count(`fault-${fault}`)
    effect()
  }

  /** Takes the power away: unflushed writes go as the seed says, and whatever is under way never answers. */
  cutPower(stepId: string | null): void {
    const cut = this.store.count('power-cuts')
    this.store.powerCut(seededRandom(`${this.options.seed}/${this.options.profile.machine_id}/cut/${cut}`))
    this.runtime = offRuntime()
    this.options.logger.warn({ step_id: stepId }, 'simulated machine lost power')
    this.options.onEvent({ type: 'power-lost', step_id: stepId })
  }

  /** Starts the machine; on one that runs, this is a hard reset without loss of what was written. */
  start(media: BootMedia): BootResult {
    this.lastBoot = this.#start(media)
    this.options.onEvent({ type: 'booted', boot: this.lastBoot })
    return this.lastBoot
  }

  /** Plugs a disk in; one that was never seen is blank. */
  insertDisk(disk: Disk): void {
    this.hardware.push(disk)
    const identity = diskIdentity(disk).id
    if (!this.diskState(identity)) this.writeDisk(identity, blankState())
    this.store.flush()
  }

  failDisk(name: string): void {
    const disk = this.hardware.find((candidate) => candidate.name === name)
    const state = disk && this.diskState(diskIdentity(disk).id)
    if (!disk || !state)
      throw new Fault('usage', `the fault disk-fail names disk ${name}, which the machine does not have`)
    this.options.logger.warn({ disk: name }, 'simulated disk fails')
    this.writeDisk(diskIdentity(disk).id, { ...state, failed: true })
    this.store.flush() // a dead disk stays dead, whatever happens to the power
  }

  /** The disk that a plan means, checked as real hosts do: by identity, then by size, then that it answers. */
  requireDisk(ref: DiskRef): { hardware: Disk; state: DiskState } {
    const hardware = this.hardware.find((disk) => diskIdentity(disk).id === ref.identity)
    const state = hardware && this.diskState(diskIdentity(hardware).id)
    const details = { disk: ref.device, serial: ref.serial, identity: ref.identity }
    if (!hardware || !state) {
      const now = this.hardware.find((disk) => disk.name === ref.device)
      const hint = now ? `; ${ref.device} is now ${diskIdentity(now).id}` : ''
      const message = `disk ${ref.device} (${ref.identity}) is not on this machine${hint}; plan again`
      throw new Fault('disk-not-found', message, { details })
    }
    if (hardware.bytes !== ref.bytes) {
      const message = `disk ${ref.device} has ${hardware.bytes} bytes and had ${ref.bytes} when planned; plan again`
      throw new Fault('disk-changed', message, { details })
    }
    if (state.failed) throw diskFailed(hardware)
    return { hardware, state }
  }

  diskState(identity: string): DiskState | undefined {
    const state = this.store.get(diskDomain(identity))
    return state?.kind === 'disk' ? state : undefined
  }

  writeDisk(identity: string, state: DiskState): void {
    this.store.write(diskDomain(identity), state)
  }

  firmware(): FirmwareState {
    const state = this.store.get('firmware')
    if (state?.kind !== 'firmware') throw new Error('a simulated machine always has its firmware')
    return state
  }

  #start(media: BootMedia): BootResult {
    this.store.flush() // an orderly restart writes everything; after a power cut nothing is left to write
    this.store.compact()
    const count = this.store.count('boots')
    const bootId = seededUuid(`${this.options.seed}/${this.options.profile.machine_id}/boot/${count}`)
    const boot = bootMachine(this, { media, bootId })
    this.runtime = { power: boot.system, bootId, imported: new Map(), mounts: new Map() }
    this.unpackedBytes = 0
    return boot
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const slow = this.options.faults.find((fault) => fault.kind === 'slow')
    if (slow) await this.options.clock.delay(ms * slow.factor, signal)
  }
}

/** The error of a disk that does not answer any more. */
export function diskFailed(disk: Disk): Fault {
  const message = `disk ${disk.name} (${disk.serial ?? diskIdentity(disk).id}) does not answer: input/output error; replace it or use another disk`
  return new Fault('disk-failed', message, {
    details: { disk: disk.name, serial: disk.serial, identity: diskIdentity(disk).id },
  })
}

function offRuntime(): Runtime {
  return { power: 'off', bootId: '', imported: new Map(), mounts: new Map() }
}

/** Rejects when the signal aborts and never before. */
function neverUntil(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error) // an abort reason is an Error unless a caller made it otherwise
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
