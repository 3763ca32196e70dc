import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { makeSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from '@slipway/host'
import { makePlan } from '@slipway/install-plan'
import { rootPool, sampleConfig, sampleInput } from '@slipway/install-plan/testing'
import type { MachineConfig, Plan } from '@slipway/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runPlan, stepContext, undoPlan } from './run-plan.ts'

let stateDir = ''
beforeEach(() => void (stateDir = mkdtempSync(join(tmpdir(), 'slipway-simulated-'))))
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

const signal = new AbortController().signal

function makeHost(changes: Partial<SimulatedHostOptions> = {}): SimulatedHost {
  return makeSimulatedHost({
    seed: 's',
    machineId: 'm-1',
    hostname: 'm',
    faults: [],
    stateDir,
    logger: silentLogger,
    ...changes,
  })
}

async function planFor(host: SimulatedHost, config: MachineConfig): Promise<Plan> {
  const plan = makePlan(sampleInput(config, await host.readInventory(signal)))
  if (!plan.ok) throw new Error(JSON.stringify(plan.error))
  return plan.value
}

/** Everything that is kept without power; what is imported and mounted is not. */
function kept(host: SimulatedHost): unknown {
  const { disks, pools, trees, firmware } = host.state()
  return { disks, pools, trees, firmware }
}

const mirror = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
const ext4 = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] }, swap_bytes: 1e9 })

describe('an installation on a simulated machine', () => {
  it.each([
    ['a ZFS mirror', mirror],
    ['ext4', ext4],
  ])('boots %s that was installed', async (_name, config) => {
    const host = makeHost()
    const plan = await planFor(host, config)
    const acted = await runPlan(host, stepContext(plan))
    expect(acted).toEqual(plan.steps.map((step) => step.id))
    await host.reboot(signal)
    expect(host.bootReport()).toMatchObject({ system: 'installed', boot_environment: 'be-1', hostname: 'machine-01' })
  })

  it.each([
    ['a ZFS mirror', mirror],
    ['ext4', ext4],
  ])('leaves the disks of %s as they were when everything is taken back', async (_name, config) => {
    const host = makeHost()
    const before = kept(host)
    const plan = await planFor(host, config)
    const context = stepContext({ ...plan, steps: plan.steps.filter((step) => step.kind !== 'reboot') })
    await runPlan(host, context)
    expect(kept(host)).not.toEqual(before)
    await undoPlan(host, context)
    expect(kept(host)).toEqual(before)
  })
})
