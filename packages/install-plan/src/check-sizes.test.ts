import type { MachineConfig } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { makePlan } from './make-plan.ts'
import { blankDisk, rootPool, sampleConfig, sampleImage, sampleInput, sampleInventory } from './testing/sample-input.ts'

const GiB = 1024 ** 3

const ext4 = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] } })
const swapping = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] }, swap_bytes: GiB })
const mirror = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
const raidz = sampleConfig({ pools: [rootPool('raidz1', ['vda', 'vdb', 'vdc'])] })
const stripe = sampleConfig({ pools: [rootPool('stripe', ['vda', 'vdb'])] })

interface Case {
  readonly config: MachineConfig
  readonly disks: readonly number[]
  readonly firmware?: 'uefi' | 'bios'
  /** Label org.slipway.min-disk-bytes. */
  readonly label?: string
  /** Image of so many layers of 10 MB; 2 if not said. */
  readonly layers?: number
}

/** The messages about sizes; an empty list is a plan. */
function sizeProblems({ config, disks, firmware = 'uefi', label, layers = 2 }: Case): string[] {
  const named = disks.map((bytes, index) => blankDisk(`vd${'abc'[index] ?? ''}`, { bytes }))
  const labels: Record<string, string> = label === undefined ? {} : { 'org.slipway.min-disk-bytes': label }
  const image = { ...sampleImage(layers), labels }
  const result = makePlan(sampleInput(config, sampleInventory(named, { firmware }), { image }))
  if (result.ok) return []
  expect(result.error.map(({ code }) => code)).toEqual(result.error.map(() => 'disk-too-small'))
  return result.error.map(({ message }) => message)
}

describe('what an image needs', () => {
  it.each<[string, Case]>([
    ['exactly the disk that its label asks for', { config: ext4, disks: [4 * GiB], label: String(4 * GiB) }],
    ['two of them as a mirror', { config: mirror, disks: [4 * GiB, 4 * GiB], label: String(4 * GiB) }],
    ['half of it on each disk of a stripe', { config: stripe, disks: [3 * GiB, 3 * GiB], label: String(4 * GiB) }],
    ['swap beside it', { config: swapping, disks: [5 * GiB], label: String(4 * GiB) }],
    ['a label smaller than the partitions', { config: ext4, disks: [GiB], label: '1' }],
    ['twice its compressed size without a label', { config: ext4, disks: [3 * GiB], layers: 100 }],
    ['the same where the label is no number', { config: ext4, disks: [3 * GiB], layers: 100, label: 'large' }],
  ])('fits: %s', (_, wanted) => {
    expect(sizeProblems(wanted)).toEqual([])
  })

  it.each<[string, Case, RegExp]>([
    [
      'a byte less than its label',
      { config: ext4, disks: [4 * GiB - 1], label: String(4 * GiB) },
      /gets 3\.8 GB, 1 B /u,
    ],
    [
      'the smaller half of a mirror',
      { config: mirror, disks: [8 * GiB, 3 * GiB], label: String(4 * GiB) },
      /gets 2\.7 GB, 1\.1 GB less/u,
    ],
    [
      'parity that takes a disk of three',
      { config: raidz, disks: [2 * GiB, 2 * GiB, 2 * GiB], label: String(4 * GiB) },
      /gets 3\.2 GB/u,
    ],
    ['swap that takes the room', { config: swapping, disks: [4 * GiB], label: String(4 * GiB) }, /1\.1 GB less/u],
    [
      'the /boot of a BIOS machine with ZFS',
      { config: mirror, disks: [4 * GiB, 4 * GiB], firmware: 'bios', label: String(4 * GiB) },
      /538 MB less than the 3\.8 GB that image/u,
    ],
    [
      'an image without a label',
      { config: ext4, disks: [2 * GiB], layers: 100 },
      /gets 1\.6 GB, 391 MB less than the 2 GB/u,
    ],
  ])('does not fit: %s', (_, wanted, words) => {
    expect(sizeProblems(wanted)).toEqual([expect.stringMatching(words)])
  })

  it('names the disk that cannot even take the partitions', () => {
    const problems = sizeProblems({ config: swapping, disks: [GiB] })
    expect(problems).toEqual([
      expect.stringMatching(/disk vda .*too small for the partitions esp, swap, root: at least 1\.7 GB/u),
    ])
  })
})
