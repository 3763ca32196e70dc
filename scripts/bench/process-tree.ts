import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc/PID/stat; fixed at 100 on every Linux that Node runs on (USER_HZ). */
const ticks = 100

/** CPU seconds (finished children included) and resident bytes of a process and everything below it, now. */
export function measureTree(root: number): { cpuSeconds: number; rssBytes: number } {
  const parents = readAll()
  const total = { cpuSeconds: 0, rssBytes: 0 }
  for (const [pid, stat] of parents) {
    if (!isBelow(pid, root, parents)) continue
    total.cpuSeconds += stat.cpuSeconds
    total.rssBytes += stat.rssBytes
  }
  return total
}

/** The process and everything below it, now. */
export function treeOf(root: number): number[] {
  const parents = readAll()
  return [...parents.keys()].filter((pid) => isBelow(pid, root, parents))
}

function readAll(): Map<number, { parent: number; cpuSeconds: number; rssBytes: number }> {
  const parents = new Map<number, { parent: number; cpuSeconds: number; rssBytes: number }>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null
    if (stat) parents.set(Number(name), stat)
  }
  return parents
}

/** The same of one process alone; zeros when it is gone. */
export function measureProcess(pid: number): { cpuSeconds: number; rssBytes: number } {
  const { cpuSeconds, rssBytes } = readStat(pid) ?? { cpuSeconds: 0, rssBytes: 0 }
  return { cpuSeconds, rssBytes }
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, { parent: number }>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at)?.parent) {
    if (at === root) return true
  }
  return false
}

/** proc(5): fields behind the command's closing parenthesis; 4 ppid, 14-17 times, 24 rss in pages of 4096 bytes. */
function readStat(pid: number): { parent: number; cpuSeconds: number; rssBytes: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const at = (field: number) => fields[field - 3] ?? 0
    return { parent: at(4), cpuSeconds: (at(14) + at(15) + at(16) + at(17)) / ticks, rssBytes: at(24) * 4096 }
  } catch {
    return null // it ended between the listing and the reading
  }
}
