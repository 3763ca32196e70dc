import { Fault } from '@slipway/base'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinuxSystem } from '../linux-system.ts'
import { listEntries, setTries, withEsp } from './esp.ts'
import { espListPath } from './esp-hook.ts'

type System = Pick<LinuxSystem, 'run' | 'dev' | 'proc' | 'runDirectory'>

/** The ESPs of the running system, as `install-bootloader` wrote them down. */
export function parseEspList(text: string): string[] {
  return [...text.matchAll(/^esp ([0-9a-f-]{8,36})$/gm)].map((found) => found[1] ?? '')
}

/** The dataset that the running kernel was given as root; null on ext4. */
export function parseRootDataset(commandLine: string): string | null {
  return /(?:^|\s)root=ZFS=([A-Za-z0-9_.:/-]+)(?:\s|$)/.exec(commandLine)?.[1] ?? null
}

/** Name of the boot environment that runs, or null where the root is not ZFS. */
export async function runningBootEnvironment(system: Pick<LinuxSystem, 'proc'>): Promise<string | null> {
  const dataset = parseRootDataset(await readFile(join(system.proc, 'cmdline'), 'utf8'))
  return dataset?.split('/').at(-1) ?? null
}

/** Tells whether this boot environment runs on trial: the firmware goes back to another one after the next reset. */
export async function isOnTrial(system: System, bootEnvironment: string, signal: AbortSignal): Promise<boolean> {
  let onTrial = false
  await eachEsp(system, signal, async (esp) => {
    const entry = (await listEntries(esp)).find((found) => found.bootEnvironment === bootEnvironment)
    if (entry && entry.triesLeft !== null) onTrial = true
  })
  return onTrial
}

/**
 * Makes the running boot environment the one that boots from now on: its entry on every ESP loses its count of tries,
 * and on ZFS the pool's `bootfs` names it. Repeating it does no harm.
 */
export async function confirmBootEnvironment(
  system: System,
  bootEnvironment: string,
  signal: AbortSignal,
): Promise<void> {
  await eachEsp(system, signal, async (esp) => {
    const known = (await listEntries(esp)).some((entry) => entry.bootEnvironment === bootEnvironment)
    if (known) await setTries(esp, bootEnvironment, null)
  })
  const dataset = parseRootDataset(await readFile(join(system.proc, 'cmdline'), 'utf8'))
  if (dataset === null) return
  if (dataset.split('/').at(-1) !== bootEnvironment) {
    throw new Fault('conflict', `${dataset} runs, not ${bootEnvironment}; it is not made permanent`)
  }
  const [pool = ''] = dataset.split('/')
  await system.run(['zpool', 'set', `bootfs=${dataset}`, pool], { signal })
}

/** An ESP on a disk that is missing or dead is passed over: the other half of the mirror still has to boot. */
async function eachEsp(system: System, signal: AbortSignal, work: (esp: string) => Promise<void>): Promise<void> {
  const text = await readFile(espListPath, 'utf8').catch(() => '')
  for (const uuid of parseEspList(text)) {
    const node = `${system.dev}/disk/by-partuuid/${uuid}`
    const there = await stat(node).catch(() => null)
    if (there) await withEsp(system, node, signal, work)
  }
}
