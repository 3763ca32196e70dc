import { Fault } from '@slipway/base'
import {
  type AlternativeLayout,
  alternativeLayoutSchema,
  type Inventory,
  type MachineConfig,
  type Plan,
} from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { errorRemedy } from './error-remedy.ts'
import { installationError, refusedPlanError } from './installation-error.ts'
import { makePlan } from './make-plan.ts'
import type { StepRecords } from './step-record.ts'
import { blankDisk, rootPool, sampleConfig, sampleInput, sampleInventory, usedDisk } from './testing/sample-input.ts'

const inventory = sampleInventory([blankDisk('vda'), blankDisk('vdb'), blankDisk('vdc'), usedDisk('vdd')])
const mirror = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
const ext4 = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] } })

function planOf(config: MachineConfig, machine: Inventory): Plan {
  const plan = makePlan(sampleInput(config, machine))
  if (!plan.ok) throw new Error('the sample has a plan')
  return plan.value
}

function layoutsOf({ alternatives }: Record<string, unknown>): AlternativeLayout[] {
  if (!Array.isArray(alternatives)) throw new Error('there are no alternatives')
  return alternatives.map((one) => alternativeLayoutSchema.parse(one))
}

function remedyFor(
  details: Record<string, unknown>,
  options: { records?: StepRecords; now?: Inventory; config?: MachineConfig; message?: string } = {},
) {
  const error = installationError(new Fault('disk-failed', options.message ?? 'a disk does not answer', { details }))
  const { now, records = {}, config = mirror } = options
  const facts = { plan: planOf(config, inventory), inventory: now ?? inventory, records, isCurrent: now !== undefined }
  const remedied = errorRemedy(error, facts)
  const alternatives = layoutsOf(remedied.details)
  return { ...remedied, alternatives, titles: alternatives.map(({ title }) => title) }
}

describe('the remedy of a disk error', () => {
  it('offers the same layout with a blank disk first, and never the failed disk or one with foreign data', () => {
    const { cure, alternatives, titles } = remedyFor({ disk: 'vdb', serial: 'SN-vdb' })
    expect(titles).toEqual(['a mirror of vda, vdc', 'a stripe of vda', 'ext4 on vda'])
    expect(alternatives[0]).toMatchObject({
      layout: 'mirror',
      pool: 'rpool',
      disks: [
        { name: 'SN-vda', device: 'vda', serial: 'SN-vda', by_id: 'virtio-SN-vda', bytes: 20e9 },
        { name: 'SN-vdc', device: 'vdc' },
      ],
      wipe: [],
      kdl: 'pool "rpool" {\n    vdev "mirror" { disks "SN-vda" "SN-vdc" }\n}\n',
    })
    expect(cure).toContain('Replace the disk')
    expect(cure).toContain('a mirror of vda, vdc')
  })

  it('wipes what the failed installation has written already, and not what it has taken back', () => {
    const records: StepRecords = {
      'partition-disk:vda': { outcome: 'done' },
      'partition-disk:vdb': { outcome: 'failed' },
    }
    const { alternatives } = remedyFor({ device: 'vdb' }, { records })
    expect(alternatives[0]).toMatchObject({ wipe: ['SN-vda'] })
    expect(alternatives[0]?.kdl).toContain('wipe "quick" { disks "SN-vda" }')
    const undone = remedyFor({ device: 'vdb' }, { records: { 'partition-disk:vda': { outcome: 'undone' } } })
    expect(undone.alternatives[0]?.wipe).toEqual([])
  })

  it.each([
    ['by the words of a command', { step: 'create-pool:rpool', last_words: 'cannot open /dev/vdb2: I/O error' }],
    ['by the one disk of the step', { step: 'partition-disk:vdb' }],
  ])('finds the failed disk %s', (_, details) => {
    expect(remedyFor(details).titles).toEqual(['a mirror of vda, vdc', 'a stripe of vda', 'ext4 on vda'])
  })

  it('trusts none of the disks of a step that does not say which one failed', () => {
    expect(remedyFor({ step: 'create-pool:rpool' }).titles).toEqual(['a stripe of vdc', 'ext4 on vdc'])
  })

  it('names disks so that the config means one: not by a serial that two of them have', () => {
    const twins = sampleInventory([
      blankDisk('vda', { serial: 'SAME' }),
      blankDisk('vdb'),
      blankDisk('vdc', { serial: 'SAME', model: 'Other' }),
    ])
    const error = installationError(new Fault('disk-failed', 'gone', { details: { disk: 'vdb' } }))
    const facts = { plan: planOf(mirror, twins), inventory: twins, records: {}, isCurrent: false }
    const [first] = layoutsOf(errorRemedy(error, facts).details)
    expect(first?.disks.map(({ name }) => name)).toEqual(['virtio-SN-vda', 'virtio-SN-vdc'])
  })

  it('offers no disk that is too small for the image', () => {
    const small = sampleInventory([blankDisk('vda'), blankDisk('vdb'), blankDisk('vdc', { bytes: 1e9 })])
    expect(remedyFor({ disk: 'vdb' }, { now: small }).titles).toEqual(['a stripe of vda', 'ext4 on vda'])
  })

  it('says so when no disk remains', () => {
    const now = sampleInventory([blankDisk('vda'), usedDisk('vdd')])
    const { cure, alternatives } = remedyFor({ disk: 'vda' }, { now, config: ext4 })
    expect(cure).toMatch(/^Replace the disk.* No other disk of this machine can take the system\.$/)
    expect(alternatives).toEqual([])
  })

  it('compares what was required with what was found after the failure', () => {
    const now = sampleInventory([blankDisk('vda', { bytes: 10e9 })])
    const { details } = remedyFor({ device: 'vda', serial: 'SN-vda' }, { now, config: ext4 })
    expect(details).toMatchObject({
      required: { serial: 'SN-vda', bytes: 20e9 },
      found: { device: 'vda', serial: 'SN-vda', bytes: 10e9 },
    })
    const gone = remedyFor({ device: 'vda' }, { now: sampleInventory([blankDisk('vdz')]), config: ext4 })
    expect(gone.details).toMatchObject({ required: { device: 'vda' }, found: null })
    expect(remedyFor({ device: 'vda' }, { config: ext4 }).details).not.toHaveProperty('found') // an old inventory proves nothing
  })

  it('says the same again when it is asked twice', () => {
    const facts = { plan: planOf(mirror, inventory), inventory, records: {}, isCurrent: false }
    const once = errorRemedy(installationError(new Fault('disk-failed', 'x', { details: { disk: 'vdb' } })), facts)
    expect(errorRemedy(once, facts)).toEqual(once)
    expect(errorRemedy(once, null)).toEqual(once)
  })
})

describe('the remedy of an error on the way to the registry', () => {
  const tried = [
    { stage: 'route', ok: true, detail: 'from 10.0.2.15' },
    { stage: 'dns', ok: true, detail: 'registry.example.com is 192.0.2.1' },
    { stage: 'tcp', ok: false, detail: 'connect ECONNREFUSED 192.0.2.1:443' },
  ]
  const attempt = (source: string, message: string) => ({ source, attempt: 1, delay_ms: 1, code: 'c', message })
  const remedied = (details: Record<string, unknown>) =>
    errorRemedy(installationError(new Fault('registry-unreachable', 'gone', { details })), null)

  it('says where it stopped and which servers were asked', () => {
    const attempts = [attempt('r', 'refused'), attempt('r', 'refused again'), attempt('m', 'HTTP 503')]
    const { cure, kind, details } = remedied({ tried, attempts })
    expect(kind).toBe('network')
    expect(cure).toContain('It stopped at tcp: connect ECONNREFUSED 192.0.2.1:443.')
    expect(cure).toContain('The mirrors failed too: m (HTTP 503).')
    expect(details).toMatchObject({
      tried,
      stopped_at: 'tcp',
      sources: [
        { source: 'r', tries: 2, message: 'refused again' },
        { source: 'm', tries: 1 },
      ],
    })
  })

  it('repeats the registry’s own words, and tells that there is no mirror', () => {
    const { cure } = remedied({ registry_message: 'quota exceeded', attempts: [attempt('r', 'HTTP 429')] })
    expect(cure).toContain('The registry’s own words: “quota exceeded”. No mirror is configured for it.')
  })

  it('says when the way is open again, and bears details of any shape', () => {
    expect(remedied({ tried: tried.slice(0, 2) })).toMatchObject({ details: { stopped_at: null } })
    expect(remedied({ tried: tried.slice(0, 2) }).cure).toContain('works again')
    expect(remedied({ tried: 'x', attempts: [1, null, 'y'] }).kind).toBe('network')
  })
})

it('an error without a code of its own is internal; a refused plan leads with its first finding', () => {
  expect(installationError(new Error('boom'))).toMatchObject({ code: 'internal', kind: 'internal', message: 'boom' })
  const finding = {
    severity: 'error' as const,
    code: 'disk-not-found',
    message: 'gone',
    cure: 'look',
    details: { device: 'vdb' },
  }
  const error = refusedPlanError([finding, { ...finding, code: 'address-in-use', message: 'taken' }])
  expect(error).toMatchObject({
    code: 'disk-not-found',
    kind: 'disk',
    message: 'gone; taken',
    details: { device: 'vdb' },
  })
  expect(refusedPlanError([{ ...finding, code: 'address-in-use' }]).kind).toBe('validation')
})
