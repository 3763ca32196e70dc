import { bootFailsPath } from '@slipway/host'
import { rootPool, sampleConfig } from '@slipway/install-plan/testing'
import { inventorySchema, type Inventory, type MachineConfig } from '@slipway/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { runPlan, sampleTars, stepContext, undoPlan } from './run-plan.ts'
import { packSampleTar } from './sample-tar.ts'
import { ext4, kept, mirror, planFor, SimulatedMachines } from './simulated-machine.ts'

const machines = new SimulatedMachines()
afterEach(() => machines.dispose())

const signal = new AbortController().signal
const layouts: [string, MachineConfig, Partial<Inventory>][] = [
  ['a ZFS mirror', mirror, {}],
  ['ext4', ext4, {}],
  ['a ZFS mirror on BIOS', mirror, { firmware: 'bios' }],
  ['an illumos mirror', sampleConfig({ pools: [rootPool('mirror', ['c5t0d0', 'c6t0d0'])] }), { platform: 'illumos' }],
]

describe('an installation on a simulated machine', () => {
  it.each(layouts)('boots %s that was installed, and finds every step done', async (_name, config, inventory) => {
    const host = machines.make({ inventory })
    const plan = await planFor(host, config)
    const beforeReboot = { ...plan, steps: plan.steps.filter((step) => step.kind !== 'reboot') }
    const acted = await runPlan(host, stepContext(beforeReboot))
    expect(acted).toEqual(beforeReboot.steps.map((step) => step.id))
    expect(await runPlan(host, stepContext(beforeReboot))).toEqual(
      plan.steps
        .filter(({ kind }) => ['mount-target', 'unmount-target', 'export-pool'].includes(kind))
        .map(({ id }) => id),
    )
    await runPlan(host, stepContext(plan))
    await host.reboot(signal)
    expect(host.bootReport()).toMatchObject({
      system: 'installed',
      boot_environment: 'be-1',
      hostname: 'machine-01',
      agent: true,
      fell_back_from: null,
    })
  })

  it.each(layouts)('leaves the disks of %s as they were when all is taken back', async (_name, config, inventory) => {
    const host = machines.make({ inventory })
    const before = kept(host)
    const plan = await planFor(host, config)
    const context = stepContext({ ...plan, steps: plan.steps.filter((step) => step.kind !== 'reboot') })
    await runPlan(host, context)
    expect(kept(host)).not.toEqual(before)
    await undoPlan(host, context)
    expect(kept(host)).toEqual(before)
  })

  it('reports what it installed in its inventory', async () => {
    const host = machines.make()
    await runPlan(host, stepContext(await planFor(host, mirror)))
    const inventory = inventorySchema.parse(await host.readInventory(signal))
    expect(inventory.disks[0]).toMatchObject({ partition_table: 'gpt', pool: 'rpool', pool_imported: false })
    expect(inventory.pools).toMatchObject([
      { name: 'rpool', health: 'ONLINE', boot_environments: [{ name: 'be-1', active: true }], disks: ['vda', 'vdb'] },
    ])
    expect(inventory.stamps).toContainEqual({ installation_id: 'inst_0123456789abcdef', disk: 'vda', where: 'zfs' })
  })

  it('boots from each half of a mirror alone, and not from a half-installed disk', async () => {
    const host = machines.make()
    const plan = await planFor(host, mirror)
    const untilLoader = plan.steps.findIndex((step) => step.kind === 'install-bootloader')
    await runPlan(host, stepContext({ ...plan, steps: plan.steps.slice(0, untilLoader) }))
    expect(await host.powerOn('disk')).toMatchObject({
      system: 'live',
      not_booted: expect.arrayContaining(['vda: no boot loader']),
    })
    await runPlan(host, stepContext(plan))
    const [first, second] = host.bootReport().system === 'live' ? (await host.readInventory(signal)).disks : []
    for (const [gone, left] of [
      [first, 'vdb'],
      [second, 'vda'],
    ] as const) {
      host.pullDisk(gone?.name ?? '')
      expect(await host.powerOn('disk')).toMatchObject({ system: 'installed', disk: left })
      if (gone) host.insertDisk(gone)
    }
  })

  it('refuses an image without a kernel before anything becomes bootable', async () => {
    const host = machines.make()
    const context = stepContext(await planFor(host, ext4))
    const tars = [packSampleTar({ 'etc/motd': 'hello' }), packSampleTar({})]
    await expect(runPlan(host, context, tars)).rejects.toMatchObject({ code: 'image-invalid' })
    expect((await host.powerOn('disk')).system).toBe('live')
  })
})

describe('a new boot environment on an existing pool', () => {
  const existing = sampleConfig({
    pools: [{ name: 'rpool', root: true, existing: true, vdevs: [], options: {} }],
    boot_environment_name: 'new',
  })

  async function installed() {
    const host = machines.make()
    await runPlan(host, stepContext(await planFor(host, mirror)))
    await host.reboot(signal)
    await host.confirmBoot()
    await host.powerOn('live')
    return host
  }

  it('is tried for one boot, and stays once confirmed', async () => {
    const host = await installed()
    await runPlan(host, stepContext(await planFor(host, existing), { installationId: 'inst_2' }))
    await host.reboot(signal)
    expect(host.bootReport()).toMatchObject({ boot_environment: 'new' })
    expect(await host.powerOn()).toMatchObject({ boot_environment: 'be-1', fell_back_from: null })
    await host.powerOn('live')
    await runPlan(
      host,
      stepContext(await planFor(host, { ...existing, boot_environment_name: 'newer' }), { installationId: 'inst_3' }),
    )
    await host.reboot(signal)
    await host.confirmBoot()
    expect(await host.powerOn()).toMatchObject({ boot_environment: 'newer' })
  })

  it('gives way to the old one by itself when its init fails', async () => {
    const host = await installed()
    const plan = await planFor(host, existing)
    const tars = sampleTars(plan)
    tars[1] = packSampleTar({ [bootFailsPath]: '' })
    await runPlan(host, stepContext(plan, { installationId: 'inst_2' }), tars)
    await host.reboot(signal)
    expect(host.bootReport()).toMatchObject({ boot_environment: 'be-1', fell_back_from: 'new' })
  })

  it('goes without a trace when it is taken back', async () => {
    const host = await installed()
    const before = kept(host)
    const plan = await planFor(host, existing)
    const context = stepContext(
      { ...plan, steps: plan.steps.filter(({ kind }) => kind !== 'reboot') },
      { installationId: 'inst_2' },
    )
    await runPlan(host, context)
    await undoPlan(host, context)
    expect(kept(host)).toEqual(before)
  })
})
