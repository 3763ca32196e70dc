import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  cpuPercent,
  memoryUsage,
  parseCpuTimes,
  parseDiskstats,
  parseMeminfo,
  parseMounts,
  parseNetDev,
  parseOsRelease,
  parseProcessStat,
} from './parse-proc.ts'
import { busiestProcesses } from './read-processes.ts'

/** The first line names the kernel that made it. */
function sample(name: string): string {
  const text = readFileSync(new URL(`samples/${name}`, import.meta.url), 'utf8')
  return text.slice(text.indexOf('\n') + 1)
}

describe('/proc/stat', () => {
  test('gives the sum and each processor, with waiting counted as idle', () => {
    const { all, each } = parseCpuTimes(sample('proc-stat.txt'))
    expect(each).toHaveLength(2)
    const [user, nice, system, idle, iowait, irq, softirq, steal] = (sample('proc-stat.txt').split('\n')[0] ?? '')
      .split(/\s+/)
      .slice(1)
      .map(Number) as [number, number, number, number, number, number, number, number]
    expect(all.busy).toBe(user + nice + system + irq + softirq + steal)
    expect(all.total - all.busy).toBe(idle + iowait)
  })

  test('percentages come from differences and stay between 0 and 100', () => {
    expect(cpuPercent({ busy: 150, total: 300 }, { busy: 100, total: 200 })).toBe(50)
    expect(cpuPercent({ busy: 10, total: 40 }, undefined)).toBe(25)
    expect(cpuPercent({ busy: 99, total: 210 }, { busy: 100, total: 200 })).toBe(0)
    expect(cpuPercent({ busy: 1, total: 1 }, { busy: 1, total: 1 })).toBe(0)
  })
})

test('/proc/meminfo gives what is used and available, also where the kernel does not say', () => {
  const meminfo = parseMeminfo(sample('proc-meminfo.txt'))
  const usage = memoryUsage(meminfo)
  expect(usage).toMatchObject({ total_kb: 24_684_092, swap_total_kb: 0, swap_used_kb: 0 })
  expect(usage.used_kb + usage.available_kb).toBe(usage.total_kb)
  const old = parseMeminfo(
    'MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 25 kB\nSwapTotal: 8 kB\nSwapFree: 6 kB\n',
  )
  expect(memoryUsage(old)).toMatchObject({ available_kb: 40, used_kb: 60, swap_used_kb: 2 })
})

test('/proc/net/dev gives the counters of each interface', () => {
  const names = parseNetDev(sample('proc-net-dev.txt')).map((each) => each.name)
  expect(names).toEqual(['lo', 'ifb0', 'ifb1', 'eth0'])
  expect(parseNetDev('  eth0:100 2 0 0 0 0 0 0 300 4 0 0 0 0 0 0')).toEqual([
    { name: 'eth0', bytes_received: 100, packets_received: 2, bytes_sent: 300, packets_sent: 4 },
  ])
})

test('/proc/diskstats gives bytes of whole disks', () => {
  const disks = parseDiskstats(sample('proc-diskstats.txt'), (name) => name === 'vda')
  expect(disks).toHaveLength(1)
  expect(disks[0]).toMatchObject({ name: 'vda' })
  expect((disks[0]?.read_bytes ?? 0) % 512).toBe(0)
  expect(disks[0]?.read_bytes).toBeGreaterThan(1_000_000)
})

describe('mounts', () => {
  test('only file systems on disks count, each once', () => {
    expect(parseMounts(sample('proc-mounts.txt'))).toEqual([
      { source: '/dev/vda', mount_point: '/', filesystem: 'ext4' },
    ])
  })

  test('a root that is no disk, escaped blanks and a ZFS pool', () => {
    const text = 'overlay / overlay rw 0 0\nrpool/ROOT/debian /mnt/a\\040b zfs rw 0 0\nserver:/x /net nfs4 rw 0 0\n'
    expect(parseMounts(text).map((mount) => mount.mount_point)).toEqual(['/', '/mnt/a b'])
  })
})

test('/proc/PID/stat is read whatever the program is called', () => {
  expect(parseProcessStat(sample('proc-pid-stat.txt'))).toEqual({
    pid: 2789,
    name: 'a) R (b',
    ticks: 0,
    startTicks: 1_450_689,
  })
  expect(parseProcessStat('')).toBeNull()
  expect(parseProcessStat('1 (half')).toBeNull()
})

test('os-release is read with and without quotes', () => {
  const os = parseOsRelease('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID=\'12\'\n')
  expect([os.get('NAME'), os.get('ID'), os.get('VERSION_ID')]).toEqual(['Debian GNU/Linux', 'debian', '12'])
})

test('the busiest processes come first, and a number used again by another process starts anew', () => {
  const process = (pid: number, ticks: number, startTicks: number) => ({ pid, name: `p${pid}`, ticks, startTicks })
  const reading = (uptimeSeconds: number, ...list: ReturnType<typeof process>[]) => ({
    uptimeSeconds,
    times: new Map(list.map((each) => [each.pid, each])),
  })
  const before = reading(100, process(1, 1000, 0), process(2, 5000, 0))
  const now = reading(110, process(1, 2000, 0), process(2, 100, 10_500), process(3, 0, 11_000))
  expect(busiestProcesses(now, before, 2).map((each) => [each.pid, each.cpu_percent])).toEqual([
    [1, 100],
    [2, 20],
  ])
})
