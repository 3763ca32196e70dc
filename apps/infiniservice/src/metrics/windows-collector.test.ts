import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseWindowsFacts } from './windows-facts.ts'
import { windowsDisks, windowsInterfaces, windowsProcesses, windowsServices } from './windows-collector.ts'

// Written after the documentation of the CIM classes; nothing here ran on Windows.
const facts = parseWindowsFacts(readFileSync(new URL('samples/windows-facts.json', import.meta.url), 'utf8'))

test('disks, services and interfaces come from the CIM classes', () => {
  expect(windowsDisks(facts?.disks ?? [])).toEqual([
    { mount_point: 'C:', filesystem: 'NTFS', total_gb: 100, used_gb: 50, available_gb: 50 },
  ])
  expect(windowsServices(facts?.services ?? [])).toEqual([
    { name: 'Dnscache', state: 'running', enabled: true, description: 'DNS Client' },
    { name: 'RemoteRegistry', state: 'stopped', enabled: false, description: 'Remote Registry' },
  ])
  expect(windowsInterfaces(facts?.network ?? [])[0]).toMatchObject({ bytes_received: 1_048_576, packets_sent: 20 })
})

test('processes have their share of the time since the earlier list, without the idle one', () => {
  const now = facts?.processes ?? []
  const before = now.map((each) => ({ ...each, UserModeTime: 0 }))
  expect(windowsProcesses(now, before, 10)).toEqual([
    {
      pid: 1234,
      name: 'svchost.exe',
      cpu_percent: 50,
      memory_kb: 10_240,
      command: 'C:\\Windows\\System32\\svchost.exe -k NetworkService',
    },
    { pid: 4, name: 'System', cpu_percent: 0, memory_kb: 144, command: undefined },
  ])
  expect(windowsProcesses(now, [], 0).every((each) => each.cpu_percent === 0)).toBe(true)
})

test('something else than the expected JSON is no facts', () => {
  expect(parseWindowsFacts('Get-CimInstance : Access denied')).toBeNull()
  expect(parseWindowsFacts('{"processes":{}}')).toBeNull()
})
