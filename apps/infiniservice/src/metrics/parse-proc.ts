/** Time of one CPU since boot in ticks (proc(5), /proc/stat). */
export interface CpuTime {
  readonly busy: number
  readonly total: number
}

/** First the sum of all CPUs, then each, from /proc/stat. Waiting for a disk is idle time. */
export function parseCpuTimes(stat: string): { readonly all: CpuTime; readonly each: readonly CpuTime[] } {
  const lines = stat.split('\n').filter((line) => /^cpu\d* /.test(line))
  const [all = { busy: 0, total: 0 }, ...each] = lines.map(parseCpuLine)
  return { all, each }
}

function parseCpuLine(line: string): CpuTime {
  // user nice system idle iowait irq softirq steal; guest times, which follow, are already counted in user and nice.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, tick) => sum + tick, 0)
  return { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) }
}

/** Share of the time between two readings that a CPU was busy, 0 to 100; since boot when there is no earlier reading. */
export function cpuPercent(now: CpuTime, before: CpuTime | undefined): number {
  const total = now.total - (before?.total ?? 0)
  const busy = now.busy - (before?.busy ?? 0)
  // Idle time may go backwards by a tick (proc(5)).
  return total <= 0 ? 0 : roundTo(Math.min(100, Math.max(0, (100 * busy) / total)), 1)
}

/** Sizes in KiB by their names, from /proc/meminfo. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const pairs = [...text.matchAll(/^([A-Za-z_()0-9]+):\s+(\d+)/gm)]
  return new Map(pairs.map(([, name = '', value]) => [name, Number(value)]))
}

/** `memory` of the metrics; kernels before 3.14 do not say what is available. */
export function memoryUsage(meminfo: ReadonlyMap<string, number>) {
  const get = (name: string) => meminfo.get(name) ?? 0
  const total_kb = get('MemTotal')
  const available_kb = meminfo.get('MemAvailable') ?? get('MemFree') + get('Buffers') + get('Cached')
  return {
    total_kb,
    available_kb,
    used_kb: Math.max(0, total_kb - available_kb),
    swap_total_kb: get('SwapTotal'),
    swap_used_kb: get('SwapTotal') - get('SwapFree'),
  }
}

/** Counters since boot of one interface, from /proc/net/dev. */
export interface InterfaceCounters {
  readonly name: string
  readonly bytes_received: number
  readonly packets_received: number
  readonly bytes_sent: number
  readonly packets_sent: number
}

export function parseNetDev(text: string): InterfaceCounters[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*([^\s|]+):\s*(.*)$/.exec(line) // old kernels leave no space after the colon
    if (!match) return []
    const fields = (match[2] ?? '').trim().split(/\s+/).map(Number)
    const at = (index: number) => fields[index] ?? 0
    const [name = ''] = match.slice(1)
    return [{ name, bytes_received: at(0), packets_received: at(1), bytes_sent: at(8), packets_sent: at(9) }]
  })
}

/** One whole disk's work since boot, from /proc/diskstats. */
export interface DiskCounters {
  readonly name: string
  readonly reads: number
  readonly read_bytes: number
  readonly writes: number
  readonly written_bytes: number
}

/** The kernel counts sectors of 512 bytes whatever the disk's own are. */
const sectorBytes = 512

export function parseDiskstats(text: string, isDisk: (name: string) => boolean): DiskCounters[] {
  return text.split('\n').flatMap((line) => {
    const [, , name = '', reads, , readSectors, , writes, , writtenSectors] = line.trim().split(/\s+/)
    if (name === '' || writtenSectors === undefined || !isDisk(name)) return []
    return [
      {
        name,
        reads: Number(reads),
        read_bytes: Number(readSectors) * sectorBytes,
        writes: Number(writes),
        written_bytes: Number(writtenSectors) * sectorBytes,
      },
    ]
  })
}

export interface Mount {
  readonly source: string
  readonly mount_point: string
  readonly filesystem: string
}

const diskFilesystems = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs jfs reiserfs vfat exfat ntfs ntfs3 fuseblk bcachefs ufs'.split(' '),
)

/**
 * The mounted file systems that hold data of this machine, each once (bind mounts and subvolumes repeat the source), and the
 * root whatever it is. Network file systems are left out: a server that does not answer would hold the collection.
 */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [source = '', point, filesystem = ''] = line.split(' ').map(unescapeMount)
    if (point === undefined || !(diskFilesystems.has(filesystem) || point === '/')) continue
    if (!mounts.has(source) || point === '/') mounts.set(source, { source, mount_point: point, filesystem })
  }
  return [...mounts.values()]
}

/** proc(5): space, tab, newline and backslash are written as three octal digits. */
function unescapeMount(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** What /proc/PID/stat says of a process; times in ticks of 1/100 s. */
export interface ProcessTimes {
  readonly pid: number
  readonly name: string
  readonly ticks: number
  /** Since boot. */
  readonly startTicks: number
}

/** The name may contain anything, so the fields are counted from the last parenthesis. */
export function parseProcessStat(text: string): ProcessTimes | null {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return null
  const rest = text
    .slice(close + 2)
    .split(' ')
    .map(Number)
  // Fields 14, 15 and 22 of proc(5); `rest` begins with field 3.
  const [utime = Number.NaN, stime = Number.NaN] = rest.slice(11, 13)
  const startTicks = rest[19] ?? Number.NaN
  if (!Number.isFinite(utime + stime + startTicks)) return null
  return { pid: Number(text.slice(0, open)), name: text.slice(open + 1, close), ticks: utime + stime, startTicks }
}

/** NAME, VERSION_ID and the like of os-release(5). */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const pairs = [...text.matchAll(/^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/gm)]
  return new Map(pairs.map(([, name = '', double, single, bare]) => [name, double ?? single ?? bare?.trim() ?? '']))
}

export function roundTo(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
