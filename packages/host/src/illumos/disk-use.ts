import { Fault } from '@slipway/base'
import type { DiskRef } from '@slipway/protocol'
import { readFile } from 'node:fs/promises'
import type { IllumosSystem } from './illumos-system.ts'

/** Disks that imported pools use, from `zpool list -vHP` (zpool(8)): indented lines begin with a device's path. */
export function parsePoolDevices(output: string): Map<string, string> {
  const devices = new Map<string, string>()
  let pool = ''
  for (const line of output.split('\n')) {
    const [first = '', second = ''] = line.split('\t')
    if (first !== '') pool = first
    const disk = /\/dev\/dsk\/(c\d+(?:t[0-9A-F]+)?d\d+)/i.exec(second || first)?.[1]
    if (disk) devices.set(disk, pool)
  }
  return devices
}

/** Disks that are mounted, from /etc/mnttab (mnttab(5)): special, mount point, type, options, time. */
export function parseMountedDisks(mnttab: string): Map<string, string> {
  const mounted = new Map<string, string>()
  for (const line of mnttab.split('\n')) {
    const [special = '', at = ''] = line.split('\t')
    const disk = /^\/dev\/dsk\/(c\d+(?:t[0-9A-F]+)?d\d+)/i.exec(special)?.[1]
    if (disk) mounted.set(disk, at)
  }
  return mounted
}

/** Nobody uses the disk; throws `disk-changed`. Called just before whatever destroys. */
export async function assertUnusedDisk(
  system: IllumosSystem,
  name: string,
  wanted: DiskRef,
  signal: AbortSignal,
): Promise<void> {
  const pools = parsePoolDevices((await system.run(['zpool', 'list', '-v', '-H', '-P'], { signal })).stdout)
  const mounted = parseMountedDisks(await readFile('/etc/mnttab', 'utf8').catch(() => ''))
  const user = pools.has(name) ? `the imported pool ${pools.get(name)}` : mounted.get(name)
  if (!user) return
  throw new Fault('disk-changed', `disk ${wanted.device} is in use by ${user}; nothing was written to it`, {
    details: { identity: wanted.identity, device: wanted.device, serial: wanted.serial },
  })
}

/** The disk has no label (prtvtoc(8) ends with an error when it finds none); throws `disk-changed`. */
export async function assertBlankDisk(
  system: IllumosSystem,
  name: string,
  wanted: DiskRef,
  signal: AbortSignal,
): Promise<void> {
  if (await isBlankDisk(system, name, signal)) return
  throw new Fault('disk-changed', `disk ${wanted.device} carries a label; nothing was written to it; make a new plan`, {
    details: { identity: wanted.identity, device: wanted.device, serial: wanted.serial },
  })
}

/** Tells whether prtvtoc(8) finds no partitions and no pool labels itself with this disk. */
export async function isBlankDisk(system: IllumosSystem, name: string, signal: AbortSignal): Promise<boolean> {
  const table = await system.run(['prtvtoc', '-h', `/dev/rdsk/${name}`], { signal, accept: [0, 1, 2] })
  return table.exitCode !== 0 || table.stdout.trim() === ''
}
