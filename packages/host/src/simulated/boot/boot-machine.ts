import { diskIdentity, type FirstBootReport } from '@slipway/protocol'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { FileTree, Loader } from '../state.ts'
import { diskLoaders, writeLoaders } from './loaders.ts'
import { findRoot } from './find-root.ts'
import { whyNotBootable } from './bootable.ts'

/** What the firmware is to try: its own variables first, or one medium whatever they say. */
export type BootMedia = 'firmware' | 'live' | 'disk'

/** What came up. */
export type BootResult =
  | {
      readonly system: 'live'
      readonly boot_id: string
      /** Why the disks were tried in vain; empty when they were not tried. */
      readonly not_booted: readonly string[]
    }
  | {
      readonly system: 'installed'
      readonly boot_id: string
      readonly boot_environment: string
      /** Device name of the disk whose loader was used. */
      readonly disk: string
      readonly hostname: string | null
      readonly addresses: readonly string[]
      /** What the first-boot report needs, as `apply-sysconfig` wrote it. */
      readonly first_boot: FirstBootReport | null
      readonly agent: boolean
      /** The boot environment that was tried for one boot and failed. */
      readonly fell_back_from: string | null
    }

type Candidate = { readonly identity: string; readonly name: string }

/**
 * Starts what is on the machine: BootNext or local boot → the disks in order; else the live medium.
 * An entry for one boot is used up before it is tried, so that a failed one is followed by the default.
 */
export function bootMachine(
  machine: SimulatedMachine,
  { media, bootId }: { media: BootMedia; bootId: string },
): BootResult {
  const firmware = machine.firmware()
  const tryDisks = media === 'disk' || (media === 'firmware' && (firmware.boot_next !== null || firmware.local_boot))
  if (!tryDisks) return { system: 'live', boot_id: bootId, not_booted: [] }
  if (firmware.boot_next !== null) machine.store.write('firmware', { ...firmware, boot_next: null })
  const failures: string[] = []
  for (const disk of candidates(machine, [firmware.boot_next, ...firmware.boot_order])) {
    const started = startFrom(machine, disk, failures)
    if (started) {
      machine.store.flush()
      return { system: 'installed', boot_id: bootId, ...started }
    }
  }
  machine.store.flush()
  return { system: 'live', boot_id: bootId, not_booted: failures }
}

function candidates(machine: SimulatedMachine, order: readonly (string | null)[]): Candidate[] {
  const present = machine.hardware.map((disk) => ({ identity: diskIdentity(disk).id, name: disk.name }))
  const working = present.filter(({ identity }) => machine.diskState(identity)?.failed === false)
  const rank = (identity: string) => (order.includes(identity) ? order.indexOf(identity) : order.length)
  return working.sort((a, b) => rank(a.identity) - rank(b.identity))
}

type Started = Omit<Extract<BootResult, { system: 'installed' }>, 'system' | 'boot_id'>

function startFrom(machine: SimulatedMachine, disk: Candidate, failures: string[]): Started | null {
  for (const loader of diskLoaders(machine, disk.identity)) {
    const once = loader.once
    if (once !== null) writeLoaders(machine, disk.identity, (present) => ({ ...present, once: null }))
    for (const name of [once, loader.default]) {
      if (name === null) continue
      const tree = rootOf(machine, loader, name)
      const why = tree === null ? 'its root file system is not there' : whyNotBootable(tree)
      if (tree !== null && why === null) {
        return {
          boot_environment: name,
          disk: disk.name,
          hostname: tree.hostname,
          addresses: tree.addresses,
          first_boot: tree.first_boot,
          agent: tree.agent,
          fell_back_from: once !== null && once !== name ? once : null,
        }
      }
      failures.push(`${disk.name}: ${name}: ${why}`)
    }
  }
  if (diskLoaders(machine, disk.identity).length === 0) failures.push(`${disk.name}: no boot loader`)
  return null
}

function rootOf(machine: SimulatedMachine, loader: Loader, bootEnvironment: string): FileTree | null {
  const entry = loader.entries.find((candidate) => candidate.boot_environment === bootEnvironment)
  return entry ? findRoot(machine, entry.root) : null
}
