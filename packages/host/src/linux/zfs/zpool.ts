import { Fault, isFault } from '@slipway/base'
import type { LinuxSystem } from '../linux-system.ts'

/** Importing waits for every device and, after a power cut, for the intent log: minutes on slow disks. */
const importDeadlineMs = 300_000

/** Names of the pools that are imported now; empty where ZFS is not installed or its module is not loaded. */
export async function importedPools(system: LinuxSystem, signal: AbortSignal): Promise<string[]> {
  try {
    const { stdout } = await system.run(['zpool', 'list', '-H', '-o', 'name'], { signal })
    return lines(stdout)
  } catch (error) {
    // zpool ends with an error when /dev/zfs is missing; a machine without ZFS has no imported pools.
    if (isFault(error, 'unsupported') || isFault(error, 'command-failed')) return []
    throw error
  }
}

export async function isImported(system: LinuxSystem, pool: string, signal: AbortSignal): Promise<boolean> {
  return (await importedPools(system, signal)).includes(pool)
}

/**
 * Imports a pool below the target root without mounting anything. `nodes` are searched and nothing else: a search
 * over all of /dev took 37 s where this takes seconds (measured, Debian 12 in QEMU). `nameNow`: another name until
 * the pool is exported; its labels keep their own (zpool-import(8), -t).
 */
export async function importPool(
  system: LinuxSystem,
  options: { pool: string; nameNow?: string; nodes: readonly string[]; force: boolean; signal: AbortSignal },
): Promise<void> {
  if (options.nodes.length === 0) {
    throw new Fault('disk-not-found', `no device of pool ${options.pool} is on this machine, so it cannot be imported`)
  }
  const argv = ['zpool', 'import', '-N', '-R', system.targetRoot]
  if (options.force) argv.push('-f')
  for (const node of options.nodes) argv.push('-d', node)
  const { pool, nameNow = pool } = options
  await system.run([...argv, ...(nameNow === pool ? [pool] : ['-t', pool, nameNow])], {
    signal: options.signal,
    deadlineMs: importDeadlineMs,
  })
}

export async function exportPool(system: LinuxSystem, pool: string, signal: AbortSignal): Promise<void> {
  await system.run(['zpool', 'export', pool], { signal, deadlineMs: importDeadlineMs })
}

/** One property of a dataset; null when the dataset does not exist or the property has no value. */
export async function datasetProperty(
  system: LinuxSystem,
  dataset: string,
  property: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { stdout, exitCode } = await system.run(['zfs', 'get', '-H', '-p', '-o', 'value', property, dataset], {
    signal,
    accept: [0, 1],
  })
  const value = stdout.trim()
  return exitCode === 0 && value !== '-' && value !== '' ? value : null
}

/** One property of an imported pool; null when it has no value. */
export async function poolProperty(
  system: LinuxSystem,
  pool: string,
  property: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { stdout } = await system.run(['zpool', 'get', '-H', '-p', '-o', 'value', property, pool], { signal })
  const value = stdout.trim()
  return value === '-' || value === '' ? null : value
}

/** A property set on this very dataset; an inherited one does not count (a stamp must not rub off on children). */
export async function localProperty(
  system: LinuxSystem,
  dataset: string,
  property: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { stdout, exitCode } = await system.run(
    ['zfs', 'get', '-H', '-p', '-s', 'local', '-o', 'value', property, dataset],
    { signal, accept: [0, 1] },
  )
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null
}

export async function datasetExists(system: LinuxSystem, dataset: string, signal: AbortSignal): Promise<boolean> {
  const { exitCode } = await system.run(['zfs', 'list', '-H', '-t', 'all', '-o', 'name', dataset], {
    signal,
    accept: [0, 1],
  })
  return exitCode === 0
}

/** Lines of a `-H` listing. */
export function lines(output: string): string[] {
  return output.split('\n').filter((line) => line !== '')
}
