import { type Disk, diskIdentity, type InstallationError, type Inventory, type Plan } from '@slipway/protocol'
import { diskTitle, isBlank } from './disk-ref.ts'
import { planDisks } from './plan-disks.ts'

/** Another layout that the machine's working disks allow. */
export interface AlternativeLayout {
  readonly title: string
  /** Device names. */
  readonly disks: readonly string[]
  /** What to write instead of the layout that failed. */
  readonly kdl: string
}

/** The way out of an error: words for the operator and, for a disk, layouts that would work. */
export interface ErrorRemedy {
  readonly cure: string
  readonly alternatives: readonly AlternativeLayout[]
}

const cures: Readonly<Record<InstallationError['kind'], string>> = {
  network: 'Check that the machine reaches the registry; details.tried shows where it stopped.',
  certificate: 'Check the clocks of both machines and which CA signed the certificate.',
  authentication: 'Give username and password of the registry in the server configuration.',
  validation: 'Change the machine config as the message says, then plan again.',
  disk: 'Replace the disk, then install again.',
  image: 'Repair the image or name another mirror or tag, then install again.',
  bootloader: 'Check that the image carries a kernel and the boot tools for this firmware; the log has the last words.',
  timeout: 'Look at the log of the step for what it waited on, then install again.',
  cancelled: 'Start the installation again when you want it.',
  internal: 'Look at the log of this installation; report it if the cause is not clear.',
}

/**
 * Finds the way out of an installation's error. For a disk it offers layouts from the disks that remain: first those of
 * the plan that still work, then blank ones that the plan does not use. An error that brings its own cure keeps it.
 */
export function errorRemedy(
  error: Pick<InstallationError, 'kind' | 'details' | 'cure'>,
  plan: Plan,
  inventory: Inventory,
): ErrorRemedy {
  const own = error.cure === '' ? cures[error.kind] : error.cure
  if (error.kind !== 'disk') return { cure: own, alternatives: [] }
  const usable = remainingDisks(error, plan, inventory)
  const alternatives = layoutsOf(usable, plan)
  const [best] = alternatives
  if (!best) return { cure: `${own} No other disk of this machine can take the system.`, alternatives }
  const names = usable.map(diskTitle).join(', ')
  return { cure: `${own} Or install on the disks that remain (${names}): ${best.title}.`, alternatives }
}

function remainingDisks(error: Pick<InstallationError, 'details'>, plan: Plan, inventory: Inventory): Disk[] {
  const planned = new Set(planDisks(plan).map((disk) => disk.identity))
  const failed = new Set([error.details['identity'], error.details['serial'], error.details['disk']])
  const works = (disk: Disk) =>
    ![diskIdentity(disk).id, disk.serial, disk.name].some((name) => name && failed.has(name))
  const mayUse = (disk: Disk) => planned.has(diskIdentity(disk).id) || (isBlank(disk) && !isBusy(disk))
  const usable = inventory.disks.filter((disk) => works(disk) && mayUse(disk))
  const rank = (disk: Disk) => (planned.has(diskIdentity(disk).id) ? 0 : 1)
  return usable.sort((a, b) => rank(a) - rank(b))
}

function isBusy(disk: Disk): boolean {
  return disk.live_medium || disk.mounted || disk.read_only || disk.pool_imported
}

const shapes = [
  { kind: 'raidz2', least: 4 },
  { kind: 'raidz1', least: 3 },
  { kind: 'mirror', least: 2 },
  { kind: 'stripe', least: 1 },
] as const

/** The layouts that so many disks allow, the one nearest to the plan first. */
function layoutsOf(disks: readonly Disk[], plan: Plan): AlternativeLayout[] {
  const created = plan.steps.find((step) => step.kind === 'create-pool' && step.params.root)
  const planned = created?.kind === 'create-pool' ? (created.params.vdevs[0]?.kind ?? 'stripe') : 'ext4'
  const pool = created?.kind === 'create-pool' ? created.params.pool : 'rpool'
  const wanted = Math.min(planDisks(plan).length, disks.length)
  const possible = shapes.filter(({ least }) => disks.length >= least)
  const pools = possible.map(({ kind, least }) => {
    const count = kind === 'stripe' ? 1 : Math.max(least, wanted) // a stripe of several is worse than no alternative
    return { shape: kind, layout: poolLayout(kind, pool, disks.slice(0, count)) }
  })
  const ext4 = disks[0] && plan.platform === 'linux' ? [{ shape: 'ext4', layout: ext4Layout(disks[0]) }] : []
  const all = [...pools, ...ext4]
  const nearest = all.filter(({ shape }) => shape === planned)
  return [...nearest, ...all.filter(({ shape }) => shape !== planned)].map(({ layout }) => layout)
}

function poolLayout(kind: string, pool: string, disks: readonly Disk[]): AlternativeLayout {
  const names = disks.map((disk) => disk.name)
  const layout = `pool ${JSON.stringify(pool)} {\n    vdev "${kind}" { disks ${quoted(disks)} }\n}\n`
  return { title: `a ${kind} of ${names.join(', ')}`, disks: names, kdl: `${layout}${wipeOf(disks)}` }
}

function ext4Layout(disk: Disk): AlternativeLayout {
  const layout = `filesystem "ext4" { disks ${quoted([disk])} }\n`
  return { title: `ext4 on ${disk.name}`, disks: [disk.name], kdl: `${layout}${wipeOf([disk])}` }
}

/** Disks that the failed installation has written to already are not blank any more. */
function wipeOf(disks: readonly Disk[]): string {
  const written = disks.filter((disk) => !isBlank(disk))
  return written.length === 0 ? '' : `wipe "quick" { disks ${quoted(written)} }\n`
}

function quoted(disks: readonly Disk[]): string {
  return disks.map((disk) => JSON.stringify(disk.name)).join(' ')
}
