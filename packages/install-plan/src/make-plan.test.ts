import type { Plan } from '@slipway/protocol'
import { planSchema } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { destroysData } from './destroys-data.ts'
import { makePlan } from './make-plan.ts'
import { planDigest } from './plan-digest.ts'
import type { PlanInput } from './plan-input.ts'
import { blankDisk, rootPool, sampleConfig, sampleInput, sampleInventory, usedDisk } from './testing/sample-input.ts'

function planOf(input: PlanInput): Plan {
  const result = makePlan(input)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return planSchema.parse(result.value)
}

function problemsOf(input: PlanInput): string[] {
  const result = makePlan(input)
  return result.ok ? [] : result.error.map(({ code, message }) => `${code}: ${message}`)
}

const ids = (plan: Plan) => plan.steps.map((step) => step.id)
const mirror = sampleConfig({ pools: [rootPool('mirror', ['vda', 'vdb'])] })
const ext4 = sampleConfig({ filesystem: { kind: 'ext4', disks: ['vda'] } })
const twoDisks = sampleInventory([blankDisk('vda'), blankDisk('vdb')])

describe('a Linux plan', () => {
  it('puts a ZFS mirror on two blank disks, bootable last', () => {
    expect(ids(planOf(sampleInput(mirror, twoDisks)))).toEqual([
      'partition-disk:vda',
      'partition-disk:vdb',
      'create-filesystem:vda1',
      'create-filesystem:vdb1',
      'create-pool:rpool',
      'create-dataset:rpool/ROOT',
      'create-dataset:rpool/ROOT/be-1',
      'mount-target',
      'pull-layer:0',
      'pull-layer:1',
      'apply-sysconfig',
      'install-agent',
      'update-boot-archive',
      'install-bootloader',
      'activate-boot-environment',
      'unmount-target',
      'export-pool:rpool',
      'reboot',
    ])
  })

  it('puts ext4 on one disk with an ESP and swap', () => {
    const plan = planOf(sampleInput({ ...ext4, swap_bytes: 4e9, agent: false, reboot: false }, twoDisks))
    expect(ids(plan)).toEqual([
      'partition-disk:vda',
      'create-filesystem:vda1',
      'create-filesystem:vda2',
      'create-filesystem:vda3',
      'mount-target',
      'pull-layer:0',
      'pull-layer:1',
      'apply-sysconfig',
      'update-boot-archive',
      'install-bootloader',
      'unmount-target',
    ])
    const partition = plan.steps[0]
    expect(partition?.kind === 'partition-disk' && partition.params.partitions.map(({ role }) => role)).toEqual([
      'esp',
      'swap',
      'root',
    ])
  })

  it('gives a BIOS machine with a ZFS root a boot partition of its own', () => {
    const plan = planOf(sampleInput(mirror, { ...twoDisks, firmware: 'bios' }))
    const partition = plan.steps[0]
    expect(partition?.kind === 'partition-disk' && partition.params.partitions.map(({ role }) => role)).toEqual([
      'bios-boot',
      'boot',
      'pool',
    ])
    const loader = plan.steps.find((step) => step.kind === 'install-bootloader')
    expect(loader?.params).toMatchObject({
      targets: [{ partition: 1 }, { partition: 1 }],
      boot_device: { partition: 2, disk: { device: 'vda' } },
    })
    expect(plan.steps.at(-1)).toMatchObject({ writes: [], title: expect.stringContaining('take the live medium away') })
  })

  it('names interfaces by the MAC that the check found', () => {
    const step = planOf(sampleInput(ext4, twoDisks)).steps.find((candidate) => candidate.kind === 'apply-sysconfig')
    expect(step?.params.sysconfig.interfaces[0]?.selector).toBe('mac:02:00:00:00:00:01')
  })
})

describe('what a plan destroys', () => {
  const used = sampleInventory([usedDisk('vda'), blankDisk('vdb')])

  it('is nothing on blank disks', () => {
    expect(destroysData(planOf(sampleInput(mirror, twoDisks)))).toBe(false)
  })

  it('refuses a disk with contents that no wipe names', () => {
    expect(problemsOf(sampleInput(ext4, used))).toEqual([
      'disk-not-blank: disk vda (SN-vda, 20 GB) is not blank: GPT with 3 partitions: vfat, ntfs, ext4',
    ])
    const none = { ...ext4, wipes: [{ mode: 'none' as const, disks: ['vda'] }] }
    expect(problemsOf(sampleInput(none, used))).toHaveLength(1)
  })

  it('says in words what a wipe loses, and skips a quick wipe of a blank disk', () => {
    const plan = planOf(sampleInput({ ...mirror, wipes: [{ mode: 'quick', disks: ['vda', 'vdb'] }] }, used))
    expect(plan.steps.filter((step) => step.kind === 'wipe-disk')).toMatchObject([
      {
        id: 'wipe-disk:vda',
        destroys: [{ serial: 'SN-vda', bytes: 20e9, contents: 'GPT with 3 partitions: vfat, ntfs, ext4' }],
        undo: { kind: 'none' },
      },
    ])
    expect(destroysData(plan)).toBe(true)
  })

  it('refuses mounted disks, the live medium and imported pools even where a wipe names them', () => {
    const inventory = sampleInventory([
      blankDisk('vda', { mounted: true }),
      blankDisk('vdb', { live_medium: true }),
      blankDisk('vdc', { pool: 'tank', pool_imported: true }),
    ])
    const config = sampleConfig({
      pools: [rootPool('stripe', ['vda', 'vdb', 'vdc'])],
      wipes: [{ mode: 'secure', disks: ['vda', 'vdb', 'vdc'] }],
    })
    expect(problemsOf(sampleInput(config, inventory)).filter((text) => text.startsWith('disk-in-use'))).toHaveLength(6)
  })
})

describe('a plan for an existing pool', () => {
  const member = (name: string) =>
    blankDisk(name, {
      partition_table: 'gpt',
      partitions: [
        {
          number: 1,
          device: `${name}1`,
          bytes: 5e8,
          type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
          label: null,
          signature: 'vfat',
          mounted_at: null,
        },
        {
          number: 2,
          device: `${name}2`,
          bytes: 19e9,
          type: null,
          label: null,
          signature: 'zfs_member',
          mounted_at: null,
        },
      ],
      pool: 'rpool',
    })
  const pools = [
    {
      name: 'rpool',
      guid: '1',
      imported: false,
      health: 'ONLINE',
      bytes: 19e9,
      boot_environments: [{ name: 'old', active: true, mountpoint: null }],
      disks: ['vda', 'vdb'],
    },
  ]
  const inventory = sampleInventory([member('vda'), member('vdb')], { pools })
  const config = sampleConfig({ pools: [{ name: 'rpool', root: true, existing: true, vdevs: [], options: {} }] })

  it('adds a boot environment for one boot and touches nothing else', () => {
    const plan = planOf(sampleInput(config, inventory))
    expect(ids(plan).slice(0, 3)).toEqual([
      'create-dataset:rpool/ROOT/be-20260102030405',
      'mount-target',
      'pull-layer:0',
    ])
    expect(plan.steps.find((step) => step.kind === 'activate-boot-environment')?.params).toMatchObject({
      once: true,
      previous: 'old',
      targets: [{ partition: 1 }, { partition: 1 }],
    })
    expect(plan.steps.find((step) => step.kind === 'mount-target')?.params.pools[0]).toMatchObject({
      existing: true,
      devices: [{ partition: 2 }, { partition: 2 }],
    })
    expect(destroysData(plan)).toBe(false)
  })

  it('refuses a name that is taken, a pool that is not there, and swap', () => {
    expect(problemsOf(sampleInput({ ...config, boot_environment_name: 'old', swap_bytes: 1 }, inventory))).toHaveLength(
      2,
    )
    expect(problemsOf(sampleInput(config, twoDisks))[0]).toMatch(/^pool-not-found/)
  })
})

describe('an illumos plan', () => {
  const inventory = sampleInventory([blankDisk('c5t0d0'), blankDisk('c6t0d0')], { platform: 'illumos' })
  const config = sampleConfig({ pools: [rootPool('mirror', ['c5t0d0', 'c6t0d0'])], boot_environment_name: 'be-2026' })

  it('gives whole disks to zpool and makes swap, dump and export', () => {
    const plan = planOf(sampleInput(config, inventory))
    expect(ids(plan).slice(0, 7)).toEqual([
      'create-pool:rpool',
      'create-dataset:rpool/ROOT',
      'create-dataset:rpool/ROOT/be-2026',
      'create-dataset:rpool/export',
      'create-dataset:rpool/swap',
      'create-dataset:rpool/dump',
      'mount-target',
    ])
    expect(plan.steps[0]).toMatchObject({
      params: { vdevs: [{ devices: [{ partition: null }, { partition: null }] }] },
    })
  })

  it('installs under a temporary name beside an imported pool of the same name, and boots under the lasting one', () => {
    const pool = {
      name: 'rpool',
      guid: '9',
      imported: true,
      health: 'ONLINE',
      bytes: 1e9,
      boot_environments: [],
      disks: [],
    }
    const plan = planOf(sampleInput(config, { ...inventory, pools: [pool] }))
    expect(plan.steps[0]).toMatchObject({ params: { pool: 'rpool', temporary_name: 'slipway-rpool' } })
    expect(plan.steps.find((step) => step.kind === 'export-pool')?.params.pool).toBe('slipway-rpool')
    const loader = plan.steps.find((step) => step.kind === 'install-bootloader')
    expect(loader?.params.root).toEqual({ kind: 'zfs', pool: 'rpool', dataset: 'rpool/ROOT/be-2026' })
  })
})

describe('the digest of a plan', () => {
  it('is the same for the same input and another for another disk', async () => {
    const first = await planDigest(planOf(sampleInput(ext4, twoDisks)))
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(await planDigest(planOf(sampleInput(ext4, twoDisks)))).toBe(first)
    const other = sampleInventory([blankDisk('vda', { serial: 'other' })])
    expect(await planDigest(planOf(sampleInput(ext4, other)))).not.toBe(first)
  })
})
