import { Fault } from '@slipway/base'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { LinuxSystem } from '../linux-system.ts'
import { unmount } from '../mounts.ts'
import { bootFolder, entryFileName, parseEntryFileName } from './loader-entry.ts'

/** Mounts an EFI system partition outside the target for the time of `work`. */
export async function withEsp<T>(
  system: Pick<LinuxSystem, 'run' | 'proc' | 'runDirectory'>,
  node: string,
  signal: AbortSignal,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const at = join(system.runDirectory, `esp-${node.replaceAll('/', '-')}`)
  await mkdir(at, { recursive: true })
  await system.run(['mount', '-t', 'vfat', '-o', 'umask=0077', node, at], { signal })
  try {
    return await work(at)
  } finally {
    await unmount(system, at, AbortSignal.timeout(60_000)) // after a cancellation, too
    await rm(at, { recursive: false, force: true }).catch(() => {})
  }
}

/** Where systemd-boot's own program goes (UEFI 2.10, 3.5.1.1: the removable-media path needs no NVRAM entry). */
export const loaderPaths = ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI'] as const

/** Copies so that a reader finds the old file or the whole new one: FAT has no journal, so write beside and rename. */
export async function copyToEsp(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const beside = `${to}.new`
  await pipeline(createReadStream(from), createWriteStream(beside))
  await flush(beside)
  await rename(beside, to)
}

/** The same for a text. */
export async function writeToEsp(to: string, content: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const beside = `${to}.new`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, to)
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** One entry of ours found on an ESP. */
export interface FoundEntry {
  readonly file: string
  readonly bootEnvironment: string
  readonly triesLeft: number | null
}

export async function listEntries(esp: string): Promise<FoundEntry[]> {
  const names = await readdir(join(esp, 'loader/entries')).catch(() => [])
  return names.flatMap((file) => {
    const parsed = parseEntryFileName(file)
    return parsed ? [{ file, ...parsed }] : []
  })
}

/** Gives a boot environment's entry another number of tries; null makes it permanent. Missing entries are an error. */
export async function setTries(esp: string, bootEnvironment: string, tries: number | null): Promise<void> {
  const entries = (await listEntries(esp)).filter((entry) => entry.bootEnvironment === bootEnvironment)
  const wanted = entryFileName(bootEnvironment, tries)
  const [first, ...others] = entries
  if (!first) throw new Fault('not-found', `the ESP has no entry for boot environment ${bootEnvironment}`)
  for (const other of others) await rm(join(esp, 'loader/entries', other.file), { force: true })
  if (first.file !== wanted) {
    await rename(join(esp, 'loader/entries', first.file), join(esp, 'loader/entries', wanted))
  }
}

/** Removes a boot environment's entry, kernel and ramdisk. */
export async function removeBootEnvironment(esp: string, bootEnvironment: string): Promise<void> {
  for (const entry of await listEntries(esp)) {
    if (entry.bootEnvironment === bootEnvironment) await rm(join(esp, 'loader/entries', entry.file), { force: true })
  }
  await rm(join(esp, bootFolder(bootEnvironment)), { recursive: true, force: true })
}

/** True when both files have the same bytes. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a).catch(() => null), stat(b).catch(() => null)])
  if (!first || !second || first.size !== second.size) return false
  const [one, two] = await Promise.all([readFile(a), readFile(b)])
  return one.equals(two)
}
