import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { makeSimulatedHost, type SimulatedEvent, type SimulatedHost, type SimulatedHostOptions } from '@slipway/host'
import { makePlan } from '@slipway/install-plan'
import { rootPool, sampleConfig, sampleInput } from '@slipway/install-plan/testing'
import type { MachineConfig, Plan } from '@slipway/protocol'
import { runPlan, stepContext } from './run-plan.ts'

export const mirror = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
export const ext4 = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] }, swap_bytes: 1e9 })

/** Simulated machines with state directories of their own, removed by `dispose`. */
export class SimulatedMachines {
  readonly #directories: string[] = []

  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-simulated-'))
    this.#directories.push(directory)
    return directory
  }

  make(changes: Partial<SimulatedHostOptions> = {}): SimulatedHost {
    const stateDir = changes.stateDir ?? this.directory()
    return makeSimulatedHost({
      seed: 'seed',
      machineId: 'm-1',
      hostname: 'm',
      faults: [],
      logger: silentLogger,
      ...changes,
      stateDir,
    })
  }

  dispose(): void {
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true, force: true })
  }
}

/** Plans a config for a machine as it is now. */
export async function planFor(host: SimulatedHost, config: MachineConfig): Promise<Plan> {
  const plan = makePlan(sampleInput(config, await host.readInventory(AbortSignal.timeout(5000))))
  if (!plan.ok) throw new Error(JSON.stringify(plan.error))
  return plan.value
}

/** Everything that is kept without power; what is imported and mounted is not. */
export function kept(host: SimulatedHost): unknown {
  const { disks, pools, trees, firmware } = host.state()
  return { disks, pools, trees, firmware }
}

/**
 * Runs a plan on a machine that loses power as its faults say, and starts it again as long as that happens; what was
 * under way is ended by its signal, as the machine's own end would. Returns how often the power went.
 */
export async function runThroughPowerCuts(
  make: (onEvent: (event: SimulatedEvent) => void) => SimulatedHost,
  plan: Plan,
  tars?: Buffer[],
): Promise<{ host: SimulatedHost; cuts: number }> {
  let attempt = new AbortController()
  const host = make((event) => {
    if (event.type === 'power-lost') attempt.abort(new Error('power lost'))
  })
  for (let cuts = 0; ; cuts += 1) {
    attempt = new AbortController()
    try {
      await runPlan(host, stepContext(plan, { signal: attempt.signal }), tars)
      return { host, cuts }
    } catch (error) {
      if (!attempt.signal.aborted) throw error
      await host.powerOn()
    }
  }
}
