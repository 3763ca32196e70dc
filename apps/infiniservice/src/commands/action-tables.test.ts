import type { AgentMetrics } from '@slipway/protocol'
import { describe, expect, test } from 'vitest'
import { checkHealth, judgeDisks, worstOf } from './health-checks.ts'
import { parseApk, parseTabbed, unixPackageTools, windowsPackageTool } from './package-tools.ts'
import { rebootCommand } from './reboot.ts'
import { parseShow, serviceCommands } from './service-actions.ts'

describe('packages', () => {
  test('every tool gets the name as an argument of its own, and where there are options behind a double dash', () => {
    for (const tool of [...unixPackageTools, windowsPackageTool]) {
      expect(tool.remove('name')).toContain('name')
      expect(tool.install('name', undefined)).toContain('name')
    }
    const [apt, dnf] = unixPackageTools
    expect(apt?.install('curl', '7.88')).toEqual(
      'apt-get -y -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold install -- curl=7.88'.split(' '),
    )
    expect(dnf?.install('curl', '7.88')).toEqual('dnf -y install -- curl-7.88'.split(' '))
    expect(windowsPackageTool.install('Git.Git', '2.1')).toContain('2.1')
  })

  test('lists are read in each form', () => {
    expect(parseTabbed('bash\t5.2-1\tamd64\nhalf\n\n')).toEqual([
      { name: 'bash', version: '5.2-1', architecture: 'amd64' },
    ])
    expect(parseApk('musl-1.2.4-r2\nlib-x-y-0.1-r0\nWARNING: x\n')).toEqual([
      { name: 'musl', version: '1.2.4-r2' },
      { name: 'lib-x-y', version: '0.1-r0' },
    ])
  })
})

describe('services', () => {
  test('Linux asks systemd, Windows asks net and sc', () => {
    expect(serviceCommands('restart', 'cron', 'linux')).toEqual([['systemctl', 'restart', '--', 'cron']])
    expect(serviceCommands('status', 'cron', 'linux')).toEqual([])
    expect(serviceCommands('restart', 'Spooler', 'win32')).toEqual([
      ['net.exe', 'stop', 'Spooler', '/y'],
      ['net.exe', 'start', 'Spooler'],
    ])
    expect(serviceCommands('disable', 'Spooler', 'win32')).toEqual([
      ['sc.exe', 'config', 'Spooler', 'start=', 'disabled'],
    ])
  })

  test('the state is read from systemctl show', () => {
    const text = 'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nDescription=a = b\n'
    expect(parseShow(text)).toEqual({
      loaded: true,
      active: 'active',
      state: 'running',
      enabled: true,
      description: 'a = b',
    })
    expect(parseShow('LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n')).toMatchObject({
      loaded: false,
      enabled: undefined,
    })
  })
})

test('a reboot uses what the system has', () => {
  expect(rebootCommand('linux', (name) => `/usr/bin/${name}`)).toEqual(['/usr/bin/systemctl', 'reboot'])
  expect(rebootCommand('linux', (name) => (name === 'reboot' ? '/sbin/reboot' : null))).toEqual(['/sbin/reboot'])
  expect(rebootCommand('linux', () => null)).toBeNull()
  expect(rebootCommand('win32', () => null)?.[0]).toBe('shutdown.exe')
})

describe('health', () => {
  const system: AgentMetrics['system'] = {
    cpu: { usage_percent: 5, cores_usage: [5, 5] },
    memory: { total_kb: 100, used_kb: 95, available_kb: 5 },
    disk: { usage_stats: [{ mount_point: '/', total_gb: 10, used_gb: 8, available_gb: 0.5 }] },
    network: { interfaces: [] },
    system: { uptime_seconds: 1, load_average: [1, 2, 5] },
    services: [{ name: 'cron', state: 'failed' }],
  }

  test('each figure has a grade and a sentence, and the worst is the whole', () => {
    const checks = checkHealth(system, true)
    expect(checks.map((check) => [check.name, check.status])).toEqual([
      ['disk /', 'critical'],
      ['memory', 'warning'],
      ['load', 'warning'],
      ['services', 'critical'],
      ['reboot', 'warning'],
    ])
    expect(checks.map((check) => check.message)).toContain('failed: cron')
    expect(worstOf(checks)).toBe('critical')
    expect(worstOf([])).toBe('ok')
  })

  test('space that only root may use counts as used', () => {
    expect(judgeDisks(system.disk.usage_stats, { warning: 80, critical: 90 })).toMatchObject([{ used_percent: 95 }])
  })
})
