import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'

/** Says which processes have a device open, as `name (pid N)`; needs root to see those of others. Linux alone: proc(5). */
export function holdersOf(path: string): string[] {
  const device = attempt(() => realpathSync(path)) ?? path
  const holders: string[] = []
  for (const pid of attempt(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    const fds = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []
    if (!fds.some((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === device)) continue
    const name = attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? '?'
    holders.push(`${name} (pid ${pid})`)
  }
  return holders
}

/** Processes end while they are looked at, and some may not be looked at: both are no holders that we can name. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
