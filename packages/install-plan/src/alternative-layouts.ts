import { type AlternativeLayout, type Disk, diskIdentity, type Inventory, type Plan } from '@slipway/protocol'
import { isBlank } from './disk-ref.ts'
import { planDisks, stepDisks } from './plan-disks.ts'
import type { StepRecords } from './step-record.ts'

/** The machine as far as it is known: its disks, and what the installation has done to them since. */
export interface FailedMachine {
  readonly plan: Plan
  readonly inventory: Inventory
  readonly records: StepRecords
}

const shapes = [
  { layout: 'raidz2', least: 4 },
  { layout: 'raidz1', least: 3 },
  { layout: 'mirror', least: 2 },
  { layout: 'stripe', least: 1 },
] as const

const writing = new Set(['wipe-disk', 'partition-disk', 'create-pool', 'create-filesystem'])
const unpackFactor = 2 // as check-sizes.ts estimates an image
const fixedBytes = 2 * 1024 ** 3 // ESP, a separate /boot, alignment

/** The disks that can take the system without the failed ones: those of the plan first, then blank ones outside it. */
export function remainingDisks(machine: FailedMachine, failed: ReadonlySet<string>): Disk[] {
  const { plan, inventory } = machine
  const planned = new Set(planDisks(plan).map((disk) => disk.identity))
  const isPlanned = (disk: Disk) => planned.has(diskIdentity(disk).id)
  const usable = inventory.disks.filter(
    (disk) =>
      !failed.has(diskIdentity(disk).id) &&
      !isBusy(disk) &&
      (isPlanned(disk) || isBlank(disk)) &&
      disk.bytes >= plan.image.bytes * unpackFactor + fixedBytes,
  )
  return [...usable.filter(isPlanned), ...usable.filter((disk) => !isPlanned(disk))]
}

/** The layouts that these disks allow, the one nearest to the plan first. */
export function alternativeLayouts(disks: readonly Disk[], machine: FailedMachine): AlternativeLayout[] {
  const { plan } = machine
  const created = plan.steps.find((step) => step.kind === 'create-pool' && step.params.root)
  const planned = created?.kind === 'create-pool' ? (created.params.vdevs[0]?.kind ?? 'stripe') : 'ext4'
  const pool = created?.kind === 'create-pool' ? created.params.pool : 'rpool'
  const wanted = Math.min(planDisks(plan).length, disks.length)
  const pools = shapes
    .filter(({ least }) => disks.length >= least)
    .map(({ layout, least }) => {
      const count = layout === 'stripe' ? 1 : Math.max(least, wanted) // a stripe of several is worse than no alternative
      return makeLayout(layout, pool, disks.slice(0, count), machine)
    })
  const ext4 =
    plan.platform === 'linux' ? disks.slice(0, 1).map((disk) => makeLayout('ext4', null, [disk], machine)) : []
  const all = [...pools, ...ext4]
  return [...all.filter(({ layout }) => layout === planned), ...all.filter(({ layout }) => layout !== planned)]
}

function isBusy(disk: Disk): boolean {
  return disk.live_medium || disk.mounted || disk.read_only || disk.pool_imported
}

function makeLayout(
  layout: AlternativeLayout['layout'],
  pool: string | null,
  disks: readonly Disk[],
  machine: FailedMachine,
): AlternativeLayout {
  const { inventory } = machine
  const shown = disks.map((disk) => ({
    name: configName(disk, inventory),
    device: disk.name,
    serial: disk.serial,
    by_id: disk.by_id[0] ?? null,
    identity: diskIdentity(disk).id,
    bytes: disk.bytes,
  }))
  const written = writtenDisks(machine)
  const wipe = disks
    .filter((disk) => !isBlank(disk) || written.has(diskIdentity(disk).id))
    .map((disk) => configName(disk, inventory))
  const names = quoted(shown.map(({ name }) => name))
  const system =
    pool === null
      ? `filesystem "ext4" { disks ${names} }\n`
      : `pool ${JSON.stringify(pool)} {\n    vdev "${layout}" { disks ${names} }\n}\n`
  const wiping = wipe.length === 0 ? '' : `wipe "quick" { disks ${quoted(wipe)} }\n`
  const devices = disks.map((disk) => disk.name).join(', ')
  const title = layout === 'ext4' ? `ext4 on ${devices}` : `a ${layout} of ${devices}`
  return { title, layout, pool, disks: shown, wipe, kdl: `${system}${wiping}` }
}

/** The kept inventory is older than the installation: what its steps have written to is not blank any more. */
function writtenDisks({ plan, records }: FailedMachine): Set<string> {
  const begun = plan.steps.filter(
    (step) => writing.has(step.kind) && !['undone', undefined].includes(records[step.id]?.outcome),
  )
  return new Set(begun.flatMap(stepDisks).map((disk) => disk.identity))
}

/** A serial stays with the disk, a device name changes with the cabling; it only counts when it means one disk. */
function configName(disk: Disk, inventory: Inventory): string {
  const others = inventory.disks.filter((other) => other !== disk)
  const names = new Set(others.flatMap((other) => [other.name, other.serial, other.wwn, other.by_path, ...other.by_id]))
  return [disk.serial, ...disk.by_id, disk.name].find((name) => name && !names.has(name)) ?? disk.name
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(' ')
}
