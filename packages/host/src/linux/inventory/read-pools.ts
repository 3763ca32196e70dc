import { isFault, type FaultCode } from '@slipway/base'
import type { Pool, Stamp } from '@slipway/protocol'
import { poolLabels, type BlockDisk } from '../block/block-disk.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { installationProperty } from '../../installation-stamp.ts'
import { parseImportablePools } from '../zfs/importable-pools.ts'
import { exportPool, importedPools, lines } from '../zfs/zpool.ts'

/** Pools with their boot environments, and the installations that stamped them. */
export interface PoolInventory {
  readonly pools: readonly Pool[]
  readonly stamps: readonly Stamp[]
}

type Seen = Pick<Pool, 'guid' | 'health' | 'bytes' | 'boot_environments'> & { readonly stamp: string | null }

/** What a pool that is not imported holds, by GUID and name: nobody else changes it while the live environment runs. */
export type PoolMemory = Map<string, Seen>

/** Reads every pool that has a label on a disk. One that is not imported is looked into read-only, once. */
export async function readPools(
  system: LinuxSystem,
  disks: readonly BlockDisk[],
  memory: PoolMemory,
  signal: AbortSignal,
): Promise<PoolInventory> {
  const names = [...new Set(disks.flatMap(poolLabels))].sort()
  const imported = await importedPools(system, signal)
  const pools: Pool[] = []
  const stamps: Stamp[] = []
  for (const name of [...imported, ...names.filter((candidate) => !imported.includes(candidate))]) {
    const isImported = imported.includes(name)
    const members = disks.filter((disk) => poolLabels(disk).includes(name))
    const look = () => (isImported ? readImported(system, name, signal) : peek(system, name, members, memory, signal))
    const seen = await orLabelAlone(system, { pool: name, look, signal })
    if (!seen) continue
    const { stamp, ...facts } = seen
    pools.push({ name, imported: isImported, ...facts, disks: members.map((disk) => disk.name) })
    if (stamp) stamps.push(...members.map((disk): Stamp => ({ installation_id: stamp, disk: disk.name, where: 'zfs' })))
  }
  return { pools, stamps }
}

/** What the label on the disks tells where nothing more can be learnt. */
const labelAlone: Seen = { guid: null, health: null, bytes: null, boot_environments: [], stamp: null }

const poolFailures: readonly FaultCode[] = ['command-failed', 'step-timeout', 'unsupported']

/** A pool that cannot be looked into must not hide the others, nor the machine: it stays known by its label. */
async function orLabelAlone(
  system: LinuxSystem,
  input: { pool: string; look: () => Promise<Seen | null>; signal: AbortSignal },
): Promise<Seen | null> {
  try {
    return await input.look()
  } catch (error) {
    // unsupported: no ZFS here; the label alone says that a pool was there.
    if (input.signal.aborted || !isFault(error) || !poolFailures.includes(error.code)) throw error
    system.logger.warn({ pool: input.pool, error: error.message }, 'a pool could not be looked into')
    return labelAlone
  }
}

async function readImported(system: LinuxSystem, pool: string, signal: AbortSignal): Promise<Seen> {
  const list = await system.run(['zpool', 'list', '-H', '-p', '-o', 'guid,health,size,bootfs,altroot', pool], {
    signal,
  })
  const [guid = null, health = null, size = '', bootfs = '', altroot = '-'] = list.stdout.trim().split('\t')
  const environments = await system.run(
    ['zfs', 'list', '-H', '-d', '1', '-t', 'filesystem', '-o', 'name,mountpoint', `${pool}/ROOT`],
    { signal, accept: [0, 1] }, // 1: a pool without systems has no ROOT
  )
  const stamp = await system.run(['zfs', 'get', '-H', '-s', 'local', '-o', 'value', installationProperty, pool], {
    signal,
  })
  return {
    guid,
    health,
    bytes: /^\d+$/.test(size) ? Number(size) : null,
    boot_environments: parseBootEnvironments(environments.stdout, { pool, bootfs, altroot }),
    stamp: stamp.stdout.trim() || null,
  }
}

/** Reads `zfs list -H -d 1 -o name,mountpoint POOL/ROOT`; the one that `bootfs` names is active. `altroot` is `-` for none. */
export function parseBootEnvironments(
  output: string,
  pool: { pool: string; bootfs: string; altroot: string },
): Pool['boot_environments'] {
  return lines(output).flatMap((line) => {
    const [dataset = '', mountpoint = ''] = line.split('\t')
    const name = dataset.slice(`${pool.pool}/ROOT/`.length)
    if (name === '' || name.includes('/')) return []
    return [{ name, active: dataset === pool.bootfs, mountpoint: ownMountpoint(mountpoint, pool.altroot) }]
  })
}

/** zfs prints mount points below the pool's alternate root; what counts is where the system itself mounts them. */
function ownMountpoint(mountpoint: string, altroot: string): string | null {
  if (mountpoint === '' || mountpoint === '-') return null
  if (altroot === '-' || !mountpoint.startsWith(altroot)) return mountpoint
  return mountpoint.slice(altroot.length) || '/'
}

/** Looks into a pool that is not imported: a read-only import changes nothing on its disks (zpool-import(8)). */
async function peek(
  system: LinuxSystem,
  pool: string,
  members: readonly BlockDisk[],
  memory: PoolMemory,
  signal: AbortSignal,
): Promise<Seen | null> {
  const nodes = members.flatMap((disk) => {
    const partitions = disk.partitions.filter((partition) => partition.signature?.label === pool)
    return partitions.length > 0 ? partitions.map((partition) => partition.node) : [disk.node]
  })
  const search = nodes.flatMap((node) => ['-d', node])
  const { stdout } = await system.run(['zpool', 'import', ...search], { signal, accept: [0, 1] })
  const offered = parseImportablePools(stdout).find((candidate) => candidate.name === pool)
  if (!offered) return null
  const key = `${offered.guid} ${pool}`
  const known = memory.get(key)
  if (known) return known
  const unopened: Seen = { ...labelAlone, guid: offered.guid, health: offered.state }
  if (offered.state !== 'ONLINE' && offered.state !== 'DEGRADED') return unopened
  // -f: a system that was switched off never exported its pool; read-only, that is no danger.
  const argv = ['zpool', 'import', '-f', '-N', '-o', 'readonly=on', '-R', '/run/slipway/peek', ...search, offered.guid]
  const opened = await system.run(argv, { signal, deadlineMs: 300_000, accept: [0, 1] })
  if (opened.exitCode !== 0) return unopened
  try {
    const seen = { ...(await readImported(system, pool, signal)), health: offered.state }
    memory.set(key, seen)
    return seen
  } finally {
    await exportPool(system, pool, AbortSignal.timeout(120_000))
  }
}
