import { Fault } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../testing/code-of.ts'
import { hangAt } from '../testing/hang-at.ts'
import { boundaries, startSmallInstallations } from '../testing/start-small-installations.ts'
import { blankDisk, smallInventory } from '../testing/small-host.ts'
import { installRequest, layersFrom, pullSteps, smallContext, smallLayers, smallPlan } from '../testing/small-plan.ts'

const plan = smallPlan(smallInventory(), smallLayers(3))
const twoEach = plan.steps.flatMap((step) => [`start ${step.id}`, `done ${step.id}`])

describe('an undisturbed installation', () => {
  it('does every step once, in order, and ends with one terminal event', async () => {
    const small = await startSmallInstallations()
    await small.installations.start(await installRequest(plan))
    const events = await small.events()
    expect(boundaries(events)).toEqual(twoEach)
    expect(events.filter((event) => event.type === 'ended')).toHaveLength(1)
    expect(small.host.acts.filter((act) => !act.startsWith('apply'))).toEqual(
      pullSteps(plan).flatMap((step) => [`begin ${step.id}`, `commit ${step.id}`]),
    )
    await expect.poll(small.reboots).toBe(1)
    expect(small.installations.isBusy).toBe(false)
  })

  it('ends as installed, without a reboot, where the plan has none', async () => {
    const quiet = smallPlan(smallInventory(), smallLayers(1), { reboot: false })
    const small = await startSmallInstallations()
    await small.installations.start(await installRequest(quiet))
    expect((await small.events()).at(-1)).toMatchObject({ type: 'ended', outcome: 'installed' })
    expect(small.reboots()).toBe(0)
  })
})

describe('what is not started', () => {
  it('a plan whose digest is another', async () => {
    const small = await startSmallInstallations()
    const request = await installRequest(plan)
    expect(await codeOf(small.installations.start({ ...request, planSha256: 'f'.repeat(64) }))).toBe('plan-changed')
    const changed = JSON.stringify({ ...plan, boot_environment: 'other' })
    expect(await codeOf(small.installations.start({ ...request, planJson: changed }))).toBe('plan-changed')
    expect(small.host.acts).toEqual([])
  })

  it('a plan for another machine', async () => {
    const small = await startSmallInstallations()
    const other = await installRequest({ ...plan, machine_id: 'other' })
    expect(await codeOf(small.installations.start(other))).toBe('conflict')
  })

  it('a second installation while one has not ended; the same one is no second', async () => {
    const small = await startSmallInstallations()
    const hang = hangAt((step) => step.kind === 'create-pool')
    small.host.onApply = hang.onApply
    await small.installations.start(await installRequest(plan))
    await hang.reached
    expect(await codeOf(small.installations.start(await installRequest(plan, smallContext(), 'ins_2')))).toBe(
      'machine-busy',
    )
    expect(await codeOf(small.installations.start(await installRequest(plan)))).toBe('ok')
    await small.installations.cancel('ins_1')
    expect((await small.events()).at(-1)).toMatchObject({ outcome: 'cancelled' })
    expect(await codeOf(small.installations.start(await installRequest(plan)))).toBe('installation-terminal')
    expect(await codeOf(small.installations.cancel('ins_1'))).toBe('installation-terminal')
    small.host.onApply = () => Promise.resolve()
    expect(await codeOf(small.installations.start(await installRequest(plan, smallContext(), 'ins_2')))).toBe('ok')
    expect((await small.events('ins_2')).at(-1)).toMatchObject({ outcome: 'rebooting' })
  })

  it.each([
    ['is gone', [blankDisk('vda')], 'disk-not-found'],
    ['has another size', [blankDisk('vda'), { ...blankDisk('vdb'), bytes: 30e9 }], 'disk-not-found'],
    ['holds something now', [blankDisk('vda'), { ...blankDisk('vdb'), signatures: ['ext4'] }], 'disk-changed'],
    ['carries the live environment', [blankDisk('vda'), { ...blankDisk('vdb'), live_medium: true }], 'disk-changed'],
  ])('anything on disks of which one %s', async (_name, disks, code) => {
    const small = await startSmallInstallations()
    small.host.inventory = smallInventory(disks)
    await small.installations.start(await installRequest(plan))
    const events = await small.events()
    expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: 'failed', error: { code, kind: 'disk' } })
    expect(small.host.acts).toEqual([])
  })
})

describe('a layer with a wrong digest', () => {
  const wrong = () => Promise.reject(new Fault('image-digest-mismatch', 'the blob has another digest'))

  it('is taken back and ends the installation with the cure', async () => {
    const layers = layersFrom(({ step }) => (step.params.index === 1 ? wrong() : Promise.resolve()))
    const small = await startSmallInstallations({ makeLayerSource: () => layers })
    await small.installations.start(await installRequest(plan))
    const events = await small.events()
    const layer = pullSteps(plan)[1]?.id
    expect(events.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'image-digest-mismatch', kind: 'image' } })
    expect(boundaries(events).at(-1)).toBe(`failed ${layer}`)
    expect(small.host.acts).toContain(`rollback ${layer}`)
    expect(small.host.acts).not.toContain(`commit ${layer}`)
    expect(small.host.acts.some((act) => act.includes('install-bootloader'))).toBe(false)
  })

  it('is asked for once from each mirror, after it was taken back', async () => {
    let tries = 0
    const layers = layersFrom(
      ({ step }) => (step.params.index === 1 && (tries += 1) < 3 ? wrong() : Promise.resolve()),
      3,
    )
    const small = await startSmallInstallations({ makeLayerSource: () => layers })
    await small.installations.start(await installRequest(plan))
    expect((await small.events()).at(-1)).toMatchObject({ outcome: 'rebooting' })
    const layer = pullSteps(plan)[1]?.id
    expect(small.host.acts.filter((act) => act.endsWith(`${layer}`))).toEqual([
      `begin ${layer}`,
      `rollback ${layer}`,
      `begin ${layer}`,
      `rollback ${layer}`,
      `begin ${layer}`,
      `commit ${layer}`,
    ])
  })
})

describe('an early end', () => {
  it('by cancelling stops the step, leaves the target in order and takes nothing back', async () => {
    const small = await startSmallInstallations()
    const hang = hangAt((step) => step.kind === 'apply-sysconfig')
    small.host.onApply = hang.onApply
    await small.installations.start(await installRequest(plan))
    await hang.reached
    await small.installations.cancel('ins_1')
    const events = await small.events()
    expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: 'cancelled', error: { kind: 'cancelled' } })
    expect(small.host.acts.slice(-2).map((act) => act.split(':')[0])).toEqual([
      'apply unmount-target',
      'apply export-pool',
    ])
    expect(small.host.acts.some((act) => act.startsWith('undo'))).toBe(false)
  })

  it('by rollback takes finished steps back in reverse and ends as rolled-back', async () => {
    const small = await startSmallInstallations()
    const hang = hangAt((step) => step.kind === 'install-bootloader')
    small.host.onApply = hang.onApply
    await small.installations.start(await installRequest(plan))
    await hang.reached
    await small.installations.rollback(await installRequest(plan))
    const events = await small.events()
    expect(events.filter((event) => event.type === 'ended')).toMatchObject([{ outcome: 'rolled-back', error: null }])
    const undone = boundaries(events).filter((line) => line.startsWith('undone'))
    const hung = plan.steps.findIndex((step) => step.kind === 'install-bootloader')
    const expected = plan.steps.slice(0, hung + 1).filter((step) => step.undo.kind === 'inverse')
    expect(undone).toEqual(expected.toReversed().map((step) => `undone ${step.id}`))
    expect([...small.host.done].filter((id) => expected.some((step) => step.id === id))).toEqual([])
    expect(await codeOf(small.installations.rollback(await installRequest(plan)))).toBe('installation-terminal')
  })

  it('by the deadline of a step is a timeout, even when the step does not listen', async () => {
    const small = await startSmallInstallations({ deadlineMs: (step) => (step.kind === 'create-pool' ? 30 : 10_000) })
    small.host.onApply = hangAt((step) => step.kind === 'create-pool').onApply
    await small.installations.start(await installRequest(plan))
    const end = (await small.events()).at(-1)
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'step-timeout', kind: 'timeout' } })
  })

  it('by an error of a disk says so and what to do', async () => {
    const small = await startSmallInstallations()
    small.host.onApply = (step) =>
      step.kind === 'create-pool' ? Promise.reject(new Fault('disk-failed', 'vdb: I/O error')) : Promise.resolve()
    await small.installations.start(await installRequest(plan))
    const error = {
      code: 'disk-failed',
      kind: 'disk',
      message: 'vdb: I/O error',
      cure: expect.stringContaining('Replace'),
    }
    expect((await small.events()).at(-1)).toMatchObject({ outcome: 'failed', error })
  })
})

describe('watching', () => {
  it('replays from any sequence number, and many may watch at once', async () => {
    const small = await startSmallInstallations()
    await small.installations.start(await installRequest(plan))
    const [all, also] = await Promise.all([small.events(), small.events()])
    expect(also).toEqual(all)
    for (const after of [0, 1, 5, all.length - 1]) {
      const rest = []
      for await (const event of small.installations.watch('ins_1', after, AbortSignal.timeout(5000))) rest.push(event)
      expect(rest).toEqual(all.slice(after))
    }
  })

  it('of an installation that is not known is refused', async () => {
    const small = await startSmallInstallations()
    expect(() => small.installations.watch('ins_9', 0, AbortSignal.timeout(100))).toThrow(/knows no installation/)
  })
})
