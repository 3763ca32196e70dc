import { isFault } from '@slipway/base'
import { access, constants, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinuxSystem } from '../linux-system.ts'

/** The firmware's boot entries as efibootmgr prints them. */
export interface BootEntries {
  readonly order: readonly string[]
  readonly entries: readonly { readonly number: string; readonly label: string }[]
}

/** Reads `efibootmgr` (version 17). */
export function parseEfibootmgr(output: string): BootEntries {
  const order = /^BootOrder: (.*)$/m.exec(output)?.[1]?.split(',') ?? []
  const entries = [...output.matchAll(/^Boot([0-9A-F]{4})\*? ([^\t\n]*)/gm)].map((found) => ({
    number: found[1] ?? '',
    label: (found[2] ?? '').trim(),
  }))
  return { order, entries }
}

/** Tells whether the firmware's variables can be written: started by UEFI, efivarfs mounted, efibootmgr there. */
export async function hasEfiVariables(system: LinuxSystem, signal: AbortSignal): Promise<boolean> {
  const folder = join(system.sys, 'firmware/efi/efivars')
  const names = await readdir(folder).catch(() => [])
  if (names.length === 0) return false
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable) return false
  try {
    await system.run(['efibootmgr'], { signal })
    return true
  } catch (error) {
    if (isFault(error, 'unsupported') || isFault(error, 'command-failed')) return false
    throw error
  }
}

async function readEntries(system: LinuxSystem, signal: AbortSignal): Promise<BootEntries> {
  return parseEfibootmgr((await system.run(['efibootmgr'], { signal })).stdout)
}

/** The label of one disk's entry; the disk's serial tells the halves of a mirror apart in the firmware's menu. */
export function bootLabel(disk: { serial: string | null; device: string }): string {
  return `Slipway ${(disk.serial ?? disk.device).replaceAll(/[^0-9A-Za-z._-]/g, '')}`
}

/**
 * Makes one entry for an ESP, at the end of the boot order: live media stay first (machines.md, "Boot order").
 * An older entry of that label is replaced, so repeating the step leaves one.
 */
export async function addBootEntry(
  system: LinuxSystem,
  entry: { disk: string; partition: number; label: string },
  signal: AbortSignal,
): Promise<void> {
  await removeBootEntries(system, entry.label, signal)
  const before = await readEntries(system, signal)
  const argv = ['efibootmgr', '--quiet', '--create-only', '--disk', entry.disk, '--part', String(entry.partition)]
  await system.run([...argv, '--label', entry.label, '--loader', '\\EFI\\systemd\\systemd-bootx64.efi'], { signal })
  const made = (await readEntries(system, signal)).entries.filter(({ label }) => label === entry.label)
  const order = [...before.order, ...made.map(({ number }) => number)]
  await system.run(['efibootmgr', '--quiet', '--bootorder', order.join(',')], { signal })
}

export async function removeBootEntries(system: LinuxSystem, label: string, signal: AbortSignal): Promise<void> {
  for (const { number, label: found } of (await readEntries(system, signal)).entries) {
    if (found === label) {
      await system.run(['efibootmgr', '--quiet', '--delete-bootnum', '--bootnum', number], { signal })
    }
  }
}

/** Makes the firmware start this entry once, before its boot order; false when there is no such entry. */
export async function setBootNext(system: LinuxSystem, label: string, signal: AbortSignal): Promise<boolean> {
  const found = (await readEntries(system, signal)).entries.find((entry) => entry.label === label)
  if (!found) return false
  await system.run(['efibootmgr', '--quiet', '--bootnext', found.number], { signal })
  return true
}
