import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import type { MachineEvent } from '@slipway/protocol'
import { Installations, type InstallationsOptions } from '../installation/installations.ts'
import { makeSmallHost, smallInventory, type SmallHost } from './small-host.ts'
import { layersFrom } from './small-plan.ts'

export interface SmallInstallations {
  readonly host: SmallHost
  readonly dataDir: string
  readonly installations: Installations
  readonly reboots: () => number
  /** All events of an installation until its last one. */
  events(installationId?: string): Promise<MachineEvent[]>
}

/** Installations on the small host, without a network. */
export async function startSmallInstallations(
  changes: Partial<InstallationsOptions> & { host?: SmallHost } = {},
): Promise<SmallInstallations> {
  const host = changes.host ?? makeSmallHost(smallInventory())
  const dataDir = changes.dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-installations-')))
  let reboots = 0
  const installations = await Installations.open({
    machineId: host.inventory.machine_id,
    logger: silentLogger,
    makeLayerSource: () => layersFrom(() => Promise.resolve()),
    deadlineMs: () => 10_000,
    onDisksNeeded: async () => undefined,
    onReboot: async () => void (reboots += 1),
    lastEventMs: 50,
    ...changes,
    host,
    dataDir,
  })
  return {
    host,
    dataDir,
    installations,
    reboots: () => reboots,
    async events(installationId = 'ins_1') {
      const events: MachineEvent[] = []
      for await (const event of installations.watch(installationId, 0, AbortSignal.timeout(10_000))) events.push(event)
      return events
    },
  }
}

/** Starts and ends of steps, as `start id` and `outcome id`, in order. */
export function boundaries(events: readonly MachineEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'step-started') return [`start ${event.step_id}`]
    if (event.type === 'step-ended') return [`${event.outcome} ${event.step_id}`]
    return []
  })
}
