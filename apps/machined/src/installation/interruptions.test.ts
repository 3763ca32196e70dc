import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hangAt } from '../testing/hang-at.ts'
import { boundaries, startSmallInstallations } from '../testing/start-small-installations.ts'
import { smallInventory } from '../testing/small-host.ts'
import { installRequest, layersFrom, pullSteps, smallContext, smallLayers, smallPlan } from '../testing/small-plan.ts'

const plan = smallPlan(smallInventory(), smallLayers(3))
const twoEach = plan.steps.flatMap((step) => [`start ${step.id}`, `done ${step.id}`])

describe('an interruption', () => {
  it('in the middle of a layer: the same installation goes on, each step has one start and one end', async () => {
    const reached = Promise.withResolvers<void>()
    let isFirst = true
    const layers = layersFrom(async ({ step, signal }) => {
      if (step.params.index !== 1 || !isFirst) return
      isFirst = false
      reached.resolve()
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cut')), { once: true })
      })
    })
    const first = await startSmallInstallations({ makeLayerSource: () => layers })
    await first.installations.start(await installRequest(plan))
    await reached.promise
    await first.installations.stop()
    expect(first.host.acts.at(-1)).toBe(`begin ${pullSteps(plan)[1]?.id}`)

    const second = await startSmallInstallations({ host: first.host, dataDir: first.dataDir })
    expect(second.installations.isBusy).toBe(true)
    await second.installations.start(await installRequest(plan))
    const events = await second.events()
    expect(boundaries(events)).toEqual(twoEach)
    expect(events.filter((event) => event.type === 'ended')).toHaveLength(1)
    expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index + 1))
    const layerOne = pullSteps(plan)[1]?.id
    expect(first.host.acts.filter((act) => act.endsWith(`${layerOne}`))).toEqual([
      `begin ${layerOne}`,
      `rollback ${layerOne}`,
      `begin ${layerOne}`,
      `commit ${layerOne}`,
    ])
    expect(first.host.acts.filter((act) => act === `begin ${pullSteps(plan)[0]?.id}`)).toHaveLength(1)
  })

  it('on ext4 begins again at the layer from which the file system is empty, with no second start or end', async () => {
    const first = await startSmallInstallations()
    const layers = pullSteps(plan)
    first.host.losesLayers = true
    const [zero, one] = layers
    for (const step of plan.steps) if (step.kind !== 'pull-layer') first.host.done.add(step.id)
    first.host.done.add(zero?.id ?? '')
    const before = plan.steps.slice(
      0,
      plan.steps.findIndex((step) => step.id === one?.id),
    )
    const journal = [
      ...before.map((step) => ({ step_id: step.id, outcome: 'done' as const, error: null })),
      { step_id: one?.id ?? '', outcome: 'running' as const, error: null },
    ]
    await first.installations.start(await installRequest(plan, smallContext({ journal, last_seq: 100 })))
    const events = await first.events()
    expect(events[0]?.seq).toBe(101)
    expect(boundaries(events).filter((line) => line.includes('pull-layer'))).toEqual([
      `done ${one?.id}`,
      `start ${layers[2]?.id}`,
      `done ${layers[2]?.id}`,
    ])
    expect(first.host.acts.filter((act) => act.includes('pull-layer'))).toEqual([
      `rollback ${one?.id}`,
      ...layers.flatMap((step) => [`begin ${step.id}`, `commit ${step.id}`]),
    ])
  })

  it('that lost a finished step: the machine is believed, not the journal', async () => {
    const small = await startSmallInstallations()
    const journal = plan.steps.slice(0, 4).map((step) => ({ step_id: step.id, outcome: 'done' as const, error: null }))
    small.host.done.add(plan.steps[0]?.id ?? '')
    await small.installations.start(await installRequest(plan, smallContext({ journal, last_seq: 9 })))
    const events = await small.events()
    expect(boundaries(events)).toEqual(twoEach.slice(8))
    expect(small.host.acts[0]).toBe(`apply ${plan.steps[1]?.id}`)
  })

  it('after a step and before its end was written: the step is found done and not done again', async () => {
    const small = await startSmallInstallations()
    const [first] = plan.steps
    small.host.done.add(first?.id ?? '')
    const journal = [{ step_id: first?.id ?? '', outcome: 'running' as const, error: null }]
    await small.installations.start(await installRequest(plan, smallContext({ journal, last_seq: 1 })))
    const events = await small.events()
    expect(boundaries(events)).toEqual(twoEach.slice(1))
    expect(events.find((event) => event.type === 'step-ended')).toMatchObject({ skipped: true, outcome: 'done' })
    expect(small.host.acts).not.toContain(`apply ${first?.id}`)
  })

  it('that tore the last line of the journal loses that line only', async () => {
    const first = await startSmallInstallations()
    const hang = hangAt((step) => step.kind === 'create-pool')
    first.host.onApply = hang.onApply
    await first.installations.start(await installRequest(plan))
    await hang.reached
    await first.installations.stop()
    const file = join(first.dataDir, 'installations', 'ins_1.ndjson')
    const text = await readFile(file, 'utf8')
    await writeFile(file, `${text}{"type":"step-en`)
    first.host.onApply = () => Promise.resolve()
    const second = await startSmallInstallations({ host: first.host, dataDir: first.dataDir })
    await second.installations.start(await installRequest(plan))
    expect(boundaries(await second.events())).toEqual(twoEach)
    expect(await readFile(file, 'utf8')).not.toContain('"step-en{')
  })

  it('is cancelled without having been resumed', async () => {
    const first = await startSmallInstallations()
    const hang = hangAt((step) => step.kind === 'mount-target')
    first.host.onApply = hang.onApply
    await first.installations.start(await installRequest(plan))
    await hang.reached
    await first.installations.stop()
    first.host.onApply = () => Promise.resolve()
    const second = await startSmallInstallations({ host: first.host, dataDir: first.dataDir })
    await second.installations.cancel('ins_1')
    expect((await second.events()).at(-1)).toMatchObject({ type: 'ended', outcome: 'cancelled' })
    expect(first.host.acts.slice(-2).map((act) => act.split(':')[0])).toEqual([
      'apply unmount-target',
      'apply export-pool',
    ])
  })
})
