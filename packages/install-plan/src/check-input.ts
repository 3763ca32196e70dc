import { type Disk, diskIdentity, type PoolConfig } from '@slipway/protocol'
import { describeContents } from './describe-contents.ts'
import { diskTitle, isBlank } from './disk-ref.ts'
import { checkSizes } from './check-sizes.ts'
import { existingBootTargets } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { type PlanProblem, problem } from './plan-problem.ts'

/** A disk with the name that the config gives it and what the config wants with it. */
interface NamedDisk {
  readonly name: string
  readonly use: 'layout' | 'wipe'
  readonly disk: Disk | undefined
}

/**
 * Refuses what must never be executed, whatever an earlier check said: a plan is the last thing between a typo and a
 * lost disk. All problems at once.
 */
export function checkInput(input: PlanInput): PlanProblem[] {
  const disks = namedDisks(input)
  const problems = [
    ...checkPlatform(input),
    ...checkImage(input),
    ...disks.flatMap((named) => checkDisk(named, input)),
    ...checkTwice(disks),
    ...input.config.pools.filter((pool) => pool.existing).flatMap((pool) => checkExistingPool(pool, input)),
  ]
  return problems.length > 0 ? problems : checkSizes(input)
}

function namedDisks(input: PlanInput): NamedDisk[] {
  const { pools, filesystem, wipes } = input.config
  const layout = [...pools.flatMap((pool) => pool.vdevs.flatMap((vdev) => vdev.disks)), ...(filesystem?.disks ?? [])]
  const wiped = wipes.filter((wipe) => wipe.mode !== 'none').flatMap((wipe) => wipe.disks)
  const named = (use: NamedDisk['use']) => (name: string) => ({ name, use, disk: input.resolved.disks[name] })
  return [...layout.map(named('layout')), ...wiped.map(named('wipe'))]
}

function checkDisk({ name, use, disk }: NamedDisk, input: PlanInput): PlanProblem[] {
  if (!disk) {
    const cure = 'Check the config against this machine again; a disk may have been pulled.'
    return [problem('disk-unresolved', `disk \`${name}\` is not on this machine`, cure, { disk: name })]
  }
  const inUse = whyInUse(disk)
  if (inUse) {
    const cure = 'Name another disk, or free this one first.'
    return [problem('disk-in-use', `disk ${diskTitle(disk)} ${inUse}`, cure, { disk: name })]
  }
  if (use === 'wipe' || isBlank(disk) || wipeMode(disk, input) !== null) return []
  const message = `disk ${diskTitle(disk)} is not blank: ${describeContents(disk)}`
  const cure = `If that may be lost, add: wipe "quick" { disks "${name}" }`
  return [problem('disk-not-blank', message, cure, { disk: name })]
}

function whyInUse(disk: Disk): string | null {
  if (disk.live_medium) return 'is the medium that the live environment runs from'
  if (disk.mounted || disk.partitions.some((partition) => partition.mounted_at !== null)) return 'is mounted'
  if (disk.pool_imported) return `belongs to the imported pool ${disk.pool}`
  return disk.read_only ? 'is read-only' : null
}

/** How the config wants this disk wiped; the stronger mode where two names mean it, null for not at all. */
export function wipeMode(disk: Disk, input: PlanInput): 'quick' | 'secure' | null {
  const identity = diskIdentity(disk).id
  const modes = input.config.wipes
    .filter((wipe) => wipe.disks.some((name) => isNamed(input.resolved.disks[name], identity)))
    .map((wipe) => wipe.mode)
  if (modes.includes('secure')) return 'secure'
  return modes.includes('quick') ? 'quick' : null
}

function isNamed(disk: Disk | undefined, identity: string): boolean {
  return disk !== undefined && diskIdentity(disk).id === identity
}

function checkTwice(disks: readonly NamedDisk[]): PlanProblem[] {
  const seen = new Map<string, string>()
  return disks.flatMap(({ name, use, disk }) => {
    if (!disk || use === 'wipe') return []
    const identity = diskIdentity(disk).id
    const first = seen.get(identity)
    if (first === undefined) {
      seen.set(identity, name)
      return []
    }
    const cure = 'Name each disk once; two paths to one disk (multipath) are one disk.'
    return [problem('disk-named-twice', `\`${first}\` and \`${name}\` are the same disk`, cure, { disk: name })]
  })
}

function checkPlatform({ config, inventory }: PlanInput): PlanProblem[] {
  const problems: PlanProblem[] = []
  const root = config.pools.find((pool) => pool.root)
  if (!root && !config.filesystem) {
    problems.push(problem('no-root', 'nothing in the config holds the system', 'Add a `pool` or a `filesystem`.'))
  }
  if (config.filesystem && config.filesystem.disks.length !== 1) {
    const cure = 'Name exactly one disk in `filesystem`; for more, use a pool.'
    problems.push(problem('platform-unsupported', 'an ext4 root goes on exactly one disk', cure))
  }
  if (config.filesystem && inventory.platform === 'illumos') {
    problems.push(problem('platform-unsupported', 'illumos has no ext4 root', 'Use a `pool` for the system.'))
  }
  if (config.dump_bytes !== null && inventory.platform === 'linux') {
    problems.push(problem('platform-unsupported', '`dump` is a zvol of illumos', 'Remove `dump`.'))
  }
  if (root?.existing && (config.swap_bytes !== null || config.dump_bytes !== null)) {
    const message = `swap and dump are made with a pool, and pool \`${root.name}\` exists already`
    problems.push(problem('platform-unsupported', message, 'Remove `swap` and `dump`; the pool keeps its own.'))
  }
  return problems
}

function checkImage({ image, inventory }: PlanInput): PlanProblem[] {
  if (image.layers.length === 0) {
    return [problem('image-unfit', `image ${image.reference} has no layers`, 'Name an image with a root file system.')]
  }
  // OCI calls illumos "illumos" or, after GOOS of older tools, "solaris".
  const systems = inventory.platform === 'illumos' ? ['illumos', 'solaris'] : ['linux']
  const fits = systems.includes(image.platform.os) && image.platform.architecture === inventory.architecture
  if (fits) return []
  const message = `image ${image.reference} is for ${image.platform.os}/${image.platform.architecture}, the machine is ${inventory.platform}/${inventory.architecture}`
  return [problem('image-unfit', message, 'Name an image that has a variant for this machine.')]
}

function checkExistingPool(pool: PoolConfig, input: PlanInput): PlanProblem[] {
  const found = input.inventory.pools.find((candidate) => candidate.name === pool.name)
  if (!found) {
    const names = input.inventory.pools.map((candidate) => candidate.name).join(', ') || 'none'
    const message = `pool \`${pool.name}\` is not on this machine; pools found: ${names}`
    return [problem('pool-not-found', message, 'Name a pool that is there, or remove existing=#true and give vdevs.')]
  }
  if (!pool.root) return []
  const problems: PlanProblem[] = []
  const name = input.config.boot_environment_name
  if (name !== null && found.boot_environments.some((candidate) => candidate.name === name)) {
    const message = `pool \`${pool.name}\` already has a boot environment \`${name}\``
    problems.push(problem('boot-environment-exists', message, 'Choose another name, or leave it out.'))
  }
  if (existingBootTargets(pool, input.inventory).length === 0) {
    const cure = 'Install on a new pool; an existing one needs an ESP (UEFI) or a BIOS-boot partition on its disks.'
    const message = `no disk of pool \`${pool.name}\` has a partition that the ${input.inventory.firmware} firmware can start`
    problems.push(problem('no-boot-partition', message, cure))
  }
  return problems
}
