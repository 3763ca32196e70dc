import type { SimulatedFault } from '@slipway/host'
import { diskIdentity, type Disk } from '@slipway/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { runPlan, stepContext } from './run-plan.ts'
import { ext4, kept, mirror, planFor, runThroughPowerCuts, SimulatedMachines } from './simulated-machine.ts'

const machines = new SimulatedMachines()
afterEach(() => machines.dispose())

const signal = new AbortController().signal

describe('a power cut', () => {
  it('anywhere, however often, ends with the disks of an undisturbed installation', { timeout: 60_000 }, async () => {
    const struck = new Map<string, number>()
    for (const config of [mirror, ext4]) {
      const calm = machines.make()
      const plan = await planFor(calm, config)
      await runPlan(calm, stepContext(plan))
      const places = fc.uniqueArray(fc.integer({ min: 1, max: plan.steps.length }), { minLength: 1, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(places, fc.string(), async (at, seed) => {
          const faults = at.map((step): SimulatedFault => ({ kind: 'power-cut', at: step }))
          // The seed of the hardware stays: only what a cut loses changes.
          const inventory = await calm.readInventory(signal)
          const blank = inventory.disks.map((disk) => ({ ...disk, ...blankParts }))
          const make = (
            onEvent: Parameters<typeof runThroughPowerCuts>[0] extends (on: infer E) => unknown ? E : never,
          ) => machines.make({ seed, faults, onEvent, inventory: { disks: blank } })
          const { host, cuts } = await runThroughPowerCuts(make, plan)
          expect(cuts).toBe(at.length)
          expect(kept(host)).toEqual(kept(calm))
          for (const step of at) {
            const kind = plan.steps[step - 1]?.kind ?? ''
            struck.set(kind, (struck.get(kind) ?? 0) + 1)
          }
        }),
        { numRuns: 40 },
      )
    }
    console.log(`power cuts by step: ${[...struck].map(([kind, count]) => `${count} × ${kind}`).join(', ')}`)
  })

  it('loses writes that were not flushed, as its seed says and nothing else', async () => {
    const outcomes = new Set<string>()
    for (const seed of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      const hostnames = await Promise.all([afterCut(seed), afterCut(seed)])
      expect(hostnames[0]).toBe(hostnames[1])
      outcomes.add(String(hostnames[0]))
    }
    expect([...outcomes].sort()).toEqual(['machine-01', 'null'])
  })

  /** The host name on the disk after a cut between `apply-sysconfig` and the next flush. */
  async function afterCut(seed: string): Promise<string | null | undefined> {
    const host = machines.make({ seed })
    const plan = await planFor(host, mirror)
    const until = plan.steps.findIndex((step) => step.kind === 'apply-sysconfig') + 1
    await runPlan(host, stepContext({ ...plan, steps: plan.steps.slice(0, until) }))
    await host.powerCut()
    await host.powerOn()
    return host.state().trees['rpool/ROOT/be-1']?.hostname
  }

  it('leaves what is under way without an answer until it is ended', async () => {
    const host = machines.make()
    await host.powerCut()
    const ended = new AbortController()
    const reading = host.readInventory(ended.signal)
    ended.abort(new Error('the operator gave up'))
    await expect(reading).rejects.toThrow('the operator gave up')
    await host.powerOn()
    expect((await host.readInventory(signal)).disks.length).toBeGreaterThan(1)
  })

  it('and a killed process go on from one state directory', async () => {
    const stateDir = machines.directory()
    const first = machines.make({ stateDir })
    const plan = await planFor(first, mirror)
    const half = { ...plan, steps: plan.steps.slice(0, 9) }
    await runPlan(first, stepContext(half))
    const second = machines.make({ stateDir }) // nothing was told to the first one, as with kill -9
    const acted = await runPlan(second, stepContext(plan))
    expect(acted).toEqual(['mount-target', ...plan.steps.slice(9).map((step) => step.id)])
  })
})

const blankParts: Partial<Disk> = {
  partition_table: null,
  partitions: [],
  signatures: [],
  pool: null,
  pool_imported: false,
}

describe('a failing disk', () => {
  it('ends the step that touches it, names itself, and is not seen any more', async () => {
    const host = machines.make({ faults: [{ kind: 'disk-fail', disk: 'vdb', at: 'create-pool', after_bytes: 0 }] })
    const plan = await planFor(host, mirror)
    const vdb = (await host.readInventory(signal)).disks[1]
    await expect(runPlan(host, stepContext(plan))).rejects.toMatchObject({
      code: 'disk-failed',
      details: { disk: 'vdb', serial: vdb?.serial },
    })
    expect((await host.readInventory(signal)).disks.map((disk) => disk.name)).not.toContain('vdb')
  })

  it('ends a layer after so many bytes', async () => {
    const host = machines.make({ faults: [{ kind: 'disk-fail', disk: 'vda', at: null, after_bytes: 2000 }] })
    await expect(runPlan(host, stepContext(await planFor(host, mirror)))).rejects.toMatchObject({ code: 'disk-failed' })
    expect(host.state().trees['rpool/ROOT/be-1']).toMatchObject({ partial: true })
  })
})

describe('the last guards before data goes', () => {
  it('refuse another disk in the place of the planned one', async () => {
    const host = machines.make()
    const plan = await planFor(host, mirror)
    const [vda] = (await host.readInventory(signal)).disks
    if (!vda) throw new Error('every machine has disks')
    host.pullDisk('vda')
    host.insertDisk({ ...vda, serial: 'ANOTHER' })
    const first = stepContext({ ...plan, steps: plan.steps.slice(0, 1) })
    await expect(runPlan(host, first)).rejects.toMatchObject({ code: 'disk-not-found', details: { disk: 'vda' } })
    expect(host.state().disks['vda']?.table).toBeNull()
  })

  it('refuse a disk whose size is not the planned one', async () => {
    const [disk] = (await machines.make().readInventory(signal)).disks
    if (!disk) throw new Error('every machine has disks')
    const named = { ...disk, wwn: '0x5000c500aaaaaaaa' } // a WWN names a disk whatever its size
    const plan = await planFor(machines.make({ inventory: { disks: [named] } }), ext4)
    const host = machines.make({ inventory: { disks: [{ ...named, bytes: named.bytes / 2 }] } })
    await expect(runPlan(host, stepContext(plan))).rejects.toMatchObject({ code: 'disk-changed' })
  })

  it('refuse a disk that was blank when planned and is not any more', async () => {
    const host = machines.make()
    const disks = (await host.readInventory(signal)).disks
    const plan = await planFor(host, mirror)
    const written = disks.map((disk) => (disk.name === 'vdb' ? { ...disk, signatures: ['ext4'] } : disk))
    const later = machines.make({ inventory: { disks: written } })
    await expect(runPlan(later, stepContext(plan))).rejects.toMatchObject({
      code: 'disk-changed',
      details: { disk: 'vdb' },
    })
    expect(later.state().disks['vdb']?.content?.signature).toBe('ext4')
  })

  it('refuse to wipe a disk of an imported pool', async () => {
    const host = machines.make()
    const plan = await planFor(host, mirror)
    const context = stepContext({ ...plan, steps: plan.steps.slice(0, 7) })
    await runPlan(host, context)
    const [disk] = (await host.readInventory(signal)).disks
    if (!disk) throw new Error('every machine has disks')
    const ref = { identity: diskIdentity(disk).id, serial: disk.serial, device: disk.name, bytes: disk.bytes }
    const wipe = { ...plan.steps[0]!, kind: 'wipe-disk' as const, params: { disk: ref, mode: 'quick' as const } } // the plan has steps
    await expect(host.executors['wipe-disk'].apply(wipe, context)).rejects.toMatchObject({ code: 'disk-changed' })
  })
})
