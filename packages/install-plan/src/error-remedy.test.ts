import { describe, expect, it } from 'vitest'
import { errorRemedy } from './error-remedy.ts'
import { makePlan } from './make-plan.ts'
import { blankDisk, rootPool, sampleConfig, sampleInput, sampleInventory, usedDisk } from './testing/sample-input.ts'

const inventory = sampleInventory([blankDisk('vda'), blankDisk('vdb'), blankDisk('vdc'), usedDisk('vdd')])

function remedyFor(details: Record<string, unknown>) {
  const plan = makePlan(sampleInput(sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] }), inventory))
  if (!plan.ok) throw new Error('the sample has a plan')
  return errorRemedy({ kind: 'disk', cure: '', details }, plan.value, inventory)
}

describe('the remedy of a disk error', () => {
  it('offers the same layout with a blank disk first, and never the failed disk or one with foreign data', () => {
    const { cure, alternatives } = remedyFor({ disk: 'vdb', serial: 'SN-vdb' })
    expect(alternatives.map(({ title }) => title)).toEqual(['a mirror of vda, vdc', 'a stripe of vda', 'ext4 on vda'])
    expect(alternatives[0]?.kdl).toBe('pool "rpool" {\n    vdev "mirror" { disks "vda" "vdc" }\n}\n')
    expect(cure).toContain('a mirror of vda, vdc')
  })

  it('wipes what the failed installation has written already', () => {
    const written = sampleInventory([usedDisk('vda'), blankDisk('vdb'), blankDisk('vdc')])
    const plan = makePlan(sampleInput(sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] }), inventory))
    if (!plan.ok) throw new Error('the sample has a plan')
    const { alternatives } = errorRemedy({ kind: 'disk', cure: '', details: { disk: 'vdb' } }, plan.value, written)
    expect(alternatives[0]?.kdl).toContain('wipe "quick" { disks "vda" }')
  })

  it('says so when no disk remains', () => {
    const plan = makePlan(sampleInput(sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] } }), inventory))
    if (!plan.ok) throw new Error('the sample has a plan')
    const alone = sampleInventory([blankDisk('vda'), usedDisk('vdd')])
    const remedy = errorRemedy({ kind: 'disk', cure: 'Replace it.', details: { disk: 'vda' } }, plan.value, alone)
    expect(remedy).toEqual({ cure: 'Replace it. No other disk of this machine can take the system.', alternatives: [] })
  })

  it('keeps the cure of other errors and offers no layouts', () => {
    const plan = makePlan(sampleInput(sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] } }), inventory))
    if (!plan.ok) throw new Error('the sample has a plan')
    expect(errorRemedy({ kind: 'network', cure: 'Ask the network.', details: {} }, plan.value, inventory)).toEqual({
      cure: 'Ask the network.',
      alternatives: [],
    })
  })
})
