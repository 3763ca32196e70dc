import type { Disk, Inventory, MachineConfig, PoolConfig } from '@slipway/protocol'
import fc from 'fast-check'
import type { PlanInput } from '../plan-input.ts'
import { blankDisk, sampleConfig, sampleImage, sampleInput, sampleInventory, usedDisk } from './sample-input.ts'

/** A generated plan input with the names of the classes that it belongs to. */
export interface PlanCase {
  readonly input: PlanInput
  readonly classes: readonly string[]
  /** Device names that the config names, itself or through an existing pool. */
  readonly named: ReadonlySet<string>
}

interface Choices {
  readonly platform: 'linux' | 'illumos'
  readonly firmware: 'uefi' | 'bios'
  readonly root: 'ext4' | 'existing' | 'stripe' | 'mirror' | 'raidz1' | 'raidz2'
  readonly members: number
  readonly helper: 'none' | 'log' | 'cache' | 'spare'
  readonly dataPool: 'none' | 'stripe' | 'mirror'
  readonly bystanders: number
  readonly used: readonly boolean[]
  readonly wipe: 'quick' | 'secure'
  readonly wipeBlank: boolean
  readonly swap: number | null
  readonly sameNameImported: boolean
  readonly layers: number
  readonly agent: boolean
  readonly reboot: boolean
}

const choices: fc.Arbitrary<Choices> = fc.record({
  platform: fc.constantFrom('linux', 'linux', 'illumos'),
  firmware: fc.constantFrom('uefi', 'bios'),
  root: fc.constantFrom('ext4', 'existing', 'stripe', 'mirror', 'mirror', 'raidz1', 'raidz2'),
  members: fc.integer({ min: 3, max: 5 }),
  helper: fc.constantFrom('none', 'none', 'log', 'cache', 'spare'),
  dataPool: fc.constantFrom('none', 'stripe', 'mirror'),
  bystanders: fc.integer({ min: 0, max: 3 }),
  used: fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
  wipe: fc.constantFrom('quick', 'secure'),
  wipeBlank: fc.boolean(),
  swap: fc.constantFrom(null, 0, 1e9),
  sameNameImported: fc.boolean(),
  layers: fc.integer({ min: 1, max: 4 }),
  agent: fc.boolean(),
  reboot: fc.boolean(),
})

/** Inputs that have a plan: every platform, root, firmware and wipe, with disks beside them that nobody names. */
export const planCases: fc.Arbitrary<PlanCase> = choices.map(makeCase)

function makeCase(raw: Choices): PlanCase {
  const choice = raw.platform === 'illumos' && raw.root === 'ext4' ? { ...raw, root: 'mirror' as const } : raw
  const take = diskNames(choice.platform)
  const rootDisks = take(choice.root === 'ext4' ? 1 : choice.root === 'existing' ? 2 : choice.members)
  const helperDisks = take(choice.helper === 'none' || isFixed(choice) ? 0 : 1)
  const dataDisks = take({ none: 0, stripe: 1, mirror: 2 }[choice.dataPool])
  const bystanders = take(choice.bystanders)
  const fresh = [...(choice.root === 'existing' ? [] : rootDisks), ...helperDisks, ...dataDisks]
  const used = new Set([...fresh, ...bystanders].filter((_, index) => choice.used[index]))
  const wiped = fresh.filter((name) => used.has(name) || choice.wipeBlank)
  const disks = [...rootDisks, ...helperDisks, ...dataDisks, ...bystanders].map((name) => {
    if (choice.root === 'existing' && rootDisks.includes(name)) return memberDisk(name, choice)
    return used.has(name) ? usedDisk(name) : blankDisk(name)
  })
  const config = makeConfig(choice, { rootDisks, helperDisks, dataDisks, wiped })
  const inventory = makeInventory(choice, disks, rootDisks)
  const input = sampleInput(config, inventory, {
    image: sampleImage(choice.layers, choice.platform),
    options: { agent: choice.agent, now: new Date('2026-01-02T03:04:05Z') },
  })
  return { input, classes: classesOf(choice, used.size, wiped.length), named: new Set([...rootDisks, ...fresh]) }
}

function isFixed(choice: Choices): boolean {
  return choice.root === 'ext4' || choice.root === 'existing'
}

function diskNames(platform: 'linux' | 'illumos'): (count: number) => string[] {
  let next = 0
  return (count) =>
    Array.from({ length: count }, () => {
      next += 1
      return platform === 'illumos' ? `c${next + 4}t0d0` : `vd${String.fromCharCode(96 + next)}`
    })
}

interface CaseDisks {
  readonly rootDisks: string[]
  readonly helperDisks: string[]
  readonly dataDisks: string[]
  readonly wiped: string[]
}

function makeConfig(choice: Choices, { rootDisks, helperDisks, dataDisks, wiped }: CaseDisks): MachineConfig {
  const helper = helperDisks.length > 0 && choice.helper !== 'none' ? [{ kind: choice.helper, disks: helperDisks }] : []
  const system: PoolConfig[] =
    choice.root === 'ext4'
      ? []
      : choice.root === 'existing'
        ? [{ name: 'rpool', root: true, existing: true, vdevs: [], options: {} }]
        : [
            {
              name: 'rpool',
              root: true,
              existing: false,
              vdevs: [{ kind: choice.root, disks: rootDisks }, ...helper],
              options: { ashift: 12, compression: 'zstd' },
            },
          ]
  const data: PoolConfig[] =
    choice.dataPool === 'none'
      ? []
      : [
          {
            name: 'data',
            root: false,
            existing: false,
            vdevs: [{ kind: choice.dataPool, disks: dataDisks }],
            options: {},
          },
        ]
  return sampleConfig({
    pools: [...system, ...data],
    filesystem: choice.root === 'ext4' ? { kind: 'ext4', disks: rootDisks } : null,
    wipes: wiped.length > 0 ? [{ mode: choice.wipe, disks: wiped }] : [],
    swap_bytes: choice.root === 'existing' ? null : choice.swap,
    agent: true,
    reboot: choice.reboot,
  })
}

/** A disk of a pool that is there: an ESP or a BIOS-boot partition, and the ZFS partition; whole on illumos. */
function memberDisk(name: string, { platform, firmware }: Choices): Disk {
  if (platform === 'illumos') return blankDisk(name, { signatures: ['zfs_member'], pool: 'rpool' })
  const boot = firmware === 'uefi' ? 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' : '21686148-6449-6e6f-744e-656564454649'
  const base = { label: null, mounted_at: null }
  return blankDisk(name, {
    partition_table: 'gpt',
    partitions: [
      {
        ...base,
        number: 1,
        device: `${name}1`,
        bytes: 5e8,
        type: boot,
        signature: firmware === 'uefi' ? 'vfat' : null,
      },
      { ...base, number: 2, device: `${name}2`, bytes: 19e9, type: null, signature: 'zfs_member' },
    ],
    pool: 'rpool',
  })
}

function makeInventory(choice: Choices, disks: Disk[], rootDisks: string[]): Inventory {
  const pool = { name: 'rpool', guid: '1', health: 'ONLINE', bytes: 19e9, disks: rootDisks, boot_environments: [] }
  const old = { ...pool, imported: false, boot_environments: [{ name: 'old', active: true, mountpoint: null }] }
  const namesake = { ...pool, imported: true, disks: [] }
  const pools = choice.root === 'existing' ? [old] : choice.sameNameImported && choice.root !== 'ext4' ? [namesake] : []
  return sampleInventory(disks, { platform: choice.platform, firmware: choice.firmware, pools })
}

function classesOf(choice: Choices, used: number, wiped: number): string[] {
  return [
    `${choice.platform}/${choice.root}`,
    ...(choice.platform === 'linux' ? [`linux/${choice.firmware}`] : []),
    `data pool ${choice.dataPool}`,
    used === 0 ? 'all disks blank' : 'disks in use',
    wiped === 0 ? 'no wipe' : `wipe ${choice.wipe}`,
    ...(choice.sameNameImported && !isFixed(choice) ? ['temporary pool name'] : []),
    ...(choice.helper !== 'none' && !isFixed(choice) ? [`root pool with ${choice.helper}`] : []),
    ...(choice.swap && choice.root !== 'existing' ? ['swap'] : []),
  ]
}
