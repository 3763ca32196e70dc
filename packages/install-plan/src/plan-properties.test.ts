import { diskIdentity, type Plan, planSchema } from '@slipway/protocol'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { applyToModel, undoOnModel } from './disk-model/apply-to-model.ts'
import { type DiskModel, diskModel } from './disk-model/disk-model.ts'
import { isBlank } from './disk-ref.ts'
import { makePlan } from './make-plan.ts'
import { planDigest } from './plan-digest.ts'
import { stepDisks } from './plan-disks.ts'
import type { PlanInput } from './plan-input.ts'
import { type PlanCase, planCases } from './testing/plan-cases.ts'

const runs = { numRuns: 300 }
const distribution = new Map<string, number>()

function planOf(input: PlanInput): Plan {
  const plan = makePlan(input)
  if (!plan.ok) throw new Error(plan.error.map(({ message }) => message).join('; '))
  return plan.value
}

function count({ classes }: PlanCase): void {
  for (const name of classes) distribution.set(name, (distribution.get(name) ?? 0) + 1)
}

afterAll(() => {
  const lines = [...distribution].sort(([, a], [, b]) => b - a).map(([name, times]) => `  ${times} × ${name}`)
  console.log(`plan cases by class, of ${runs.numRuns}:\n${lines.join('\n')}`)
})

describe('every plan', () => {
  it('is legal, and the same for the same input', async () => {
    await fc.assert(
      fc.asyncProperty(planCases, async (planCase) => {
        count(planCase)
        const plan = planSchema.parse(planOf(planCase.input))
        expect(await planDigest(planOf(structuredClone(planCase.input)))).toBe(await planDigest(plan))
        expect(new Set(plan.steps.map((step) => step.id)).size).toBe(plan.steps.length)
      }),
      runs,
    )
  })

  it('names no disk that the config does not name', () => {
    fc.assert(
      fc.property(planCases, ({ input, named }) => {
        const steps = planOf(input).steps
        const devices = steps.flatMap((step) => [...stepDisks(step), ...step.destroys]).map(({ device }) => device)
        expect(devices.filter((device) => !named.has(device))).toEqual([])
        // stepDisks() cannot hide one: every disk in the plan's text is among them.
        const inText = input.inventory.disks.filter((disk) =>
          JSON.stringify(steps).includes(`"${diskIdentity(disk).id}"`),
        )
        expect(inText.filter((disk) => !named.has(disk.name))).toEqual([])
      }),
      runs,
    )
  })

  it('says identity, bytes and contents wherever it loses data, and loses nothing else', () => {
    fc.assert(
      fc.property(planCases, ({ input }) => {
        const steps = planOf(input).steps
        for (const step of steps.filter(({ destroys }) => destroys.length > 0)) {
          const [disk] = stepDisks(step)
          const real = input.inventory.disks.find((candidate) => diskIdentity(candidate).id === disk?.identity)
          expect(step.undo.kind).toBe('none')
          expect(step.destroys).toMatchObject([{ serial: real?.serial, bytes: real?.bytes, device: real?.name }])
          expect(step.destroys[0]?.contents).not.toBe('')
        }
        const wiped = steps.filter((step) => step.kind === 'wipe-disk').map((step) => step.params.disk.device)
        const written = steps
          .filter((step) => step.kind === 'partition-disk' || step.kind === 'create-pool')
          .flatMap(stepDisks)
        const full = written.filter(
          ({ device }) => !isBlank(input.inventory.disks.find(({ name }) => name === device)!),
        ) // planned from this inventory
        expect(full.filter(({ device }) => !wiped.includes(device))).toEqual([])
      }),
      runs,
    )
  })

  it('makes the disk bootable last', () => {
    fc.assert(
      fc.property(planCases, ({ input }) => {
        const kinds = planOf(input).steps.map((step) => step.kind)
        const after = kinds.slice(kinds.indexOf('install-bootloader') + 1)
        const allowed = ['activate-boot-environment', 'unmount-target', 'export-pool', 'reboot']
        expect(after.filter((kind) => !allowed.includes(kind))).toEqual([])
      }),
      runs,
    )
  })

  it('reaches the state that the config describes', () => {
    fc.assert(
      fc.property(planCases, ({ input }) => {
        const plan = planOf(input)
        const end = plan.steps.reduce(applyToModel, diskModel(input.inventory))
        expectDescribed(end, plan, input)
      }),
      runs,
    )
  })

  it('returns to its start from every step, save for what its irreversible steps lost', () => {
    fc.assert(
      fc.property(planCases, ({ input }) => {
        const start = diskModel(input.inventory)
        const steps = planOf(input).steps.filter((step) => step.kind !== 'reboot')
        for (let length = 0; length <= steps.length; length += 1) {
          const prefix = steps.slice(0, length)
          const back = prefix.toReversed().reduce(undoOnModel, prefix.reduce(applyToModel, start))
          // Unmounting has nothing to undo: a target that is not mounted is as good as at the start.
          const lost = prefix.filter((step) => step.undo.kind === 'none')
          expect(back).toEqual(lost.reduce(applyToModel, start))
        }
      }),
      runs,
    )
  })
})

function expectDescribed(end: DiskModel, plan: Plan, input: PlanInput): void {
  const { config, inventory, image } = input
  const before = diskModel(inventory)
  for (const pool of config.pools.filter((candidate) => !candidate.existing)) {
    const create = plan.steps.find((step) => step.kind === 'create-pool' && step.params.pool === pool.name)
    const name = create?.kind === 'create-pool' ? (create.params.temporary_name ?? pool.name) : ''
    const made = end.pools[name]
    expect(
      made?.vdevs.map(({ kind, devices }) => ({ kind, disks: devices.map((device) => diskOf(end, device)) })),
    ).toEqual(pool.vdevs)
  }
  expect(Object.values(end.trees)).toEqual([
    {
      layers: image.layers.map((layer) => layer.digest),
      configured: true,
      agent: input.options.agent && config.agent,
      bootArchive: true,
    },
  ])
  const rootPool = config.pools.find((pool) => pool.root)
  const rootDisks = rootPool?.existing
    ? (inventory.pools[0]?.disks ?? [])
    : (rootPool?.vdevs[0]?.disks ?? config.filesystem?.disks ?? [])
  expect(Object.keys(end.loaders).map((device) => diskOf(end, device))).toEqual(rootDisks)
  expect(end.mounts).toEqual({})
  const used = Object.entries(end.pools).filter(([name]) => before.pools[name]?.imported !== true)
  expect(used.filter(([, pool]) => pool.imported)).toEqual([])
  if (rootPool) {
    const expected = rootPool.existing
      ? { active: 'old', once: plan.boot_environment }
      : { active: plan.boot_environment, once: null }
    expect(used.map(([, { active, once }]) => ({ active, once }))).toContainEqual(expected)
  }
  expect(end.left).toBe(config.reboot)
}

function diskOf(model: DiskModel, device: string): string {
  return model.disks[device.slice(0, device.lastIndexOf('/'))]?.name ?? device
}
