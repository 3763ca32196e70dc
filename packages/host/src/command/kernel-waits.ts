import { Fault } from '@slipway/base'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Frames below these say only how the kernel was entered. */
const framesShown = 8
const processesShown = 5

/**
 * Where processes of a process group wait inside the kernel without a signal being able to end them (proc(5): state D
 * in `stat`, `stack`), innermost frame first: `zpool: cv_wait_common < txg_wait_synced < spa_export_common`. Empty where
 * nothing waits so, or where the system does not tell (illumos, not root).
 */
export async function readKernelWaits(group: number, proc = '/proc'): Promise<string[]> {
  const ids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name))
  const waits: string[] = []
  for (const id of ids) {
    const stat = parseStat(await readFile(join(proc, id, 'stat'), 'utf8').catch(() => ''))
    if (stat?.group !== group || stat.state !== 'D') continue
    const frames = parseStack(await readFile(join(proc, id, 'stack'), 'utf8').catch(() => ''))
    waits.push(`${stat.name}: ${frames.slice(0, framesShown).join(' < ') || 'unknown place'}`)
    if (waits.length === processesShown) break
  }
  return waits
}

/** `PID (NAME) STATE PARENT GROUP …`; a name may hold spaces and brackets. */
function parseStat(text: string): { name: string; state: string; group: number } | null {
  const match = /^\d+ \((.*)\) (\S) \d+ (\d+) /s.exec(text)
  return match ? { name: match[1] ?? '', state: match[2] ?? '', group: Number(match[3]) } : null
}

/** Lines such as `[<0>] txg_wait_synced+0x9/0x40 [zfs]`. */
function parseStack(text: string): string[] {
  return [...text.matchAll(/^\[<\w+>\] ([^\s+]+)/gm)].map(([, frame = '']) => frame)
}

/** Whether a command was left behind because it waits in the kernel: nothing but a restart of the machine ends it. */
export function hangsInKernel(error: unknown): boolean {
  const waits = error instanceof Fault ? error.details['kernel_waits'] : null
  return Array.isArray(waits) && waits.length > 0
}
