import type { MachineConfig, PoolConfig, VdevConfig, VdevKind } from '@slipway/protocol'
import { shown } from '../words.ts'
import type { ReportFinding } from './report-finding.ts'

/** Fewest disks of each vdev kind (machine-config.md, "Checks"). */
const fewestDisks: Readonly<Record<VdevKind, number>> = {
  mirror: 2,
  raidz1: 2,
  raidz2: 3,
  raidz3: 4,
  stripe: 1,
  spare: 1,
  log: 1,
  cache: 1,
  special: 1,
  dedup: 1,
}

const dataKinds: ReadonlySet<VdevKind> = new Set<VdevKind>(['mirror', 'raidz1', 'raidz2', 'raidz3', 'stripe'])

/** True for the vdev kinds that hold data, as opposed to log, cache, spare, special and dedup. */
export function isDataVdev(vdev: VdevConfig): boolean {
  return dataKinds.has(vdev.kind)
}

/** Checks pools, their names and vdevs, and that exactly one thing holds the system. */
export function checkPools(config: MachineConfig, report: ReportFinding): void {
  if (config.pools.length === 0 && !config.filesystem) {
    report({
      code: 'no-pool',
      message: 'There is neither a pool nor a filesystem to hold the system.',
      cure: 'Add: pool "rpool" { vdev "mirror" { disks "c5t0d0" "c6t0d0" } }, or on Linux: filesystem "ext4" { disks "vda" }',
      pointer: '',
    })
  }
  const names = new Set<string>()
  for (const [index, pool] of config.pools.entries()) {
    const pointer = `/pools/${index}`
    checkPoolName(pool.name, `${pointer}/name`, report)
    if (names.has(pool.name) && pool.name !== '') {
      report({
        code: 'pool-name-twice',
        message: `There are two pools ${shown(pool.name)}.`,
        cure: 'Give one of them another name.',
        pointer: `${pointer}/name`,
      })
    }
    names.add(pool.name)
    if (pool.existing) checkExisting(pool, pointer, report)
    else checkVdevs(pool, pointer, report)
  }
  if (config.filesystem && config.filesystem.disks.length > 1) {
    report({
      code: 'filesystem-one-disk',
      message: `An ext4 filesystem lies on one disk; ${config.filesystem.disks.length} are named.`,
      cure: 'Keep one disk, or write a pool with vdev "mirror" for redundancy.',
      pointer: '/filesystem/disks/1',
    })
  }
}

function checkExisting(pool: PoolConfig, pointer: string, report: ReportFinding): void {
  if (!pool.root) {
    report({
      code: 'existing-pool-not-root',
      message: `Pool ${shown(pool.name)} is there already and does not hold the system, so nothing would be done with it.`,
      cure: 'Remove it: pools that the config does not name are left as they are. Or write root=#true to install into it.',
      pointer: `${pointer}/existing`,
    })
  }
  if (pool.vdevs.length > 0) {
    report({
      code: 'existing-pool-with-vdevs',
      message: `Pool ${shown(pool.name)} has existing=#true, so its vdevs are there already.`,
      cure: 'Remove the vdevs to add a boot environment to the pool, or remove existing=#true to make a new pool.',
      pointer: `${pointer}/vdevs/0`,
    })
  }
  if (Object.keys(pool.options).length > 0) {
    report({
      code: 'existing-pool-with-options',
      message: `Pool ${shown(pool.name)} has existing=#true; options are set only when a pool is made.`,
      cure: 'Remove the options, and set them with `zpool set` or `zfs set` on the machine.',
      pointer: `${pointer}/options`,
    })
  }
}

function checkVdevs(pool: PoolConfig, pointer: string, report: ReportFinding): void {
  if (pool.vdevs.length === 0) {
    report({
      code: 'pool-without-vdev',
      message: `Pool ${shown(pool.name)} has no vdev.`,
      cure: 'Add: vdev "mirror" { disks "c5t0d0" "c6t0d0" }, or write existing=#true to use a pool that is there.',
      pointer,
    })
  } else if (!pool.vdevs.some(isDataVdev)) {
    report({
      code: 'pool-without-data-vdev',
      message: `Pool ${shown(pool.name)} has no vdev for data.`,
      cure: 'Add a vdev of kind mirror, raidz1, raidz2, raidz3 or stripe.',
      pointer,
    })
  }
  for (const [index, vdev] of pool.vdevs.entries()) {
    const fewest = fewestDisks[vdev.kind]
    // A vdev without any disk was reported as a missing node or argument.
    if (vdev.disks.length === 0 || vdev.disks.length >= fewest) continue
    report({
      code: 'vdev-too-few-disks',
      message: `A ${vdev.kind} needs ${fewest} disks; this one has ${vdev.disks.length}.`,
      cure: `Add ${fewest - vdev.disks.length === 1 ? 'a disk' : `${fewest - vdev.disks.length} disks`}, or choose a kind that needs fewer: stripe 1, mirror and raidz1 2, raidz2 3.`,
      pointer: `${pointer}/vdevs/${index}/kind`,
    })
  }
}

/** Words that `zpool` refuses as names: zpoolconcepts(7), zpool-create(8), and illumos' pool_namecheck(). */
const reservedPrefix = /^(?:mirror|raidz|draid|spare)/u
const reservedWords: ReadonlySet<string> = new Set(['log', 'cache', 'special', 'dedup'])
/** ZFS_MAX_DATASET_NAME_LEN is 256 with its end; the rest of a dataset's name needs room too. */
const longestPoolName = 200

function checkPoolName(name: string, pointer: string, report: ReportFinding): void {
  if (name === '') return
  const reserved = reservedPrefix.exec(name)?.[0] ?? (reservedWords.has(name) ? name : undefined)
  const isDisk = /^c[0-9]/u.test(name)
  if (reserved !== undefined || isDisk) {
    const word = isDisk ? 'c and a digit, like a disk' : `the reserved word ${reserved}`
    report({
      code: 'pool-name-reserved',
      message: `${shown(name)} is not a name for a pool: it ${reservedWords.has(name) ? 'is' : 'begins with'} ${word}.`,
      cure: 'Choose another name, for example rpool, data or tank.',
      pointer,
    })
  } else if (!/^[A-Za-z][A-Za-z0-9_.:-]*$/u.test(name) || name.length > longestPoolName) {
    report({
      code: 'pool-name-illegal',
      message: `${shown(name)} is not a name for a pool.`,
      cure: `Begin with a letter and go on with letters, digits, _ - . and :, ${longestPoolName} at most.`,
      pointer,
    })
  }
}
