import type { Fault, LogLevel } from '@slipway/base'
import type { FirstBootReport, Inventory, Plan, StepKind, StepOf } from '@slipway/protocol'

/**
 * The one interface through which Slipway touches a machine; `linux`, `illumos` and `simulated` implement it.
 * INVARIANTS
 * - Every executor can run twice: `isDone` looks at the machine, never at memory or at a journal.
 * - Whatever destroys data checks the disk's identity and contents again just before (`disk-changed`, `disk-not-found`).
 * - Every command is logged with argv, time and exit code; every wait has the context's signal and a deadline.
 */
export interface Host {
  readonly platform: 'linux' | 'illumos'
  /** Hardware and storage as they are now; `highest_fence` and `version` are filled in by machined. */
  readInventory(signal: AbortSignal): Promise<Inventory>
  readonly executors: Executors
  readonly layers: LayerStore
  /** Leaves the live environment for good, booting from the targets set by the `reboot` step. Returns when under way. */
  reboot(signal: AbortSignal): Promise<void>
  /** RFC 5227: asks the links whether somebody already has an address; null: nobody answered; throws `unsupported` when it cannot probe. */
  probeAddress(
    input: { interface: string; address: string },
    signal: AbortSignal,
  ): Promise<{ mac: string; proxy_arp: boolean } | null>
  /** Sets the clock when it is further off than two seconds; harmless where that is not allowed. */
  setClock(time: Date): Promise<void>
}

/** What a step runs in. */
export interface StepContext {
  readonly installationId: string
  readonly plan: Plan
  /** The config as written, for /etc/slipway/machine.kdl. */
  readonly kdl: string
  readonly firstBoot: FirstBootReport | null
  readonly kernelArguments: readonly string[]
  readonly signal: AbortSignal
  log(level: LogLevel, message: string): void
}

/** How one kind of step is done, checked and taken back. */
export interface StepExecutor<K extends StepKind> {
  /** Reads the machine: is it already as this step leaves it, by this installation? */
  isDone(step: StepOf<K>, context: StepContext): Promise<boolean>
  apply(step: StepOf<K>, context: StepContext): Promise<void>
  /** Takes a finished or half-finished step back; does nothing when nothing is there. */
  undo(step: StepOf<K>, context: StepContext): Promise<void>
}

/** Kinds that the host executes alone; `pull-layer` is machined's, which joins the registry and the layer store. */
export type HostStepKind = Exclude<StepKind, 'pull-layer'>

/** A kind without an executor does not compile. */
export type Executors = { readonly [K in HostStepKind]: StepExecutor<K> }

/** Where layers go, and how a half-written one is taken back. */
export interface LayerStore {
  /** True when this layer was committed by this installation (ZFS user property or marker file, checked on the target). */
  isApplied(step: StepOf<'pull-layer'>, context: StepContext): Promise<boolean>
  /** Makes the state before the layer again if a part of it is there (ZFS: rollback to the snapshot), then marks the start. */
  begin(step: StepOf<'pull-layer'>, context: StepContext): Promise<void>
  /** Flushes and records the layer as whole. */
  commit(step: StepOf<'pull-layer'>, context: StepContext): Promise<void>
  /** Back to before the layer. On ext4 the file system is made again, so earlier layers are gone: returns where to go on. */
  rollback(step: StepOf<'pull-layer'>, context: StepContext): Promise<{ restart_from_layer: number }>
  /** The file tree that a layer is unpacked into; structurally the LayerTarget of packages/oci. */
  target(context: StepContext): LayerTree
}

/** A target root as packages/oci sees it. Paths are relative to it, without a leading slash; links are never followed. */
export interface LayerTree {
  lstat(path: string): Promise<{ kind: 'file' | 'directory' | 'symlink' | 'other' } | null>
  readlink(path: string): Promise<string>
  readdir(path: string): Promise<string[]>
  remove(path: string): Promise<void>
  extract(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
}

/** One command as it was run, for logs and for tests that compare argv. */
export interface CommandRecord {
  readonly argv: readonly string[]
  readonly started_at: string
  readonly duration_ms: number
  readonly exit_code: number | null
  readonly fault: Fault | null
}
