import type { AgentMessage } from '@slipway/protocol'
import { expect, test } from 'vitest'
import { machineStore } from '../machines/store.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { MetricsRecorder } from './metrics-recorder.ts'

type Report = AgentMessage<'metrics'>

function report(...ip_addresses: string[]): Report {
  const link = { bytes_received: 0, bytes_sent: 0 }
  const interfaces = [
    { ...link, name: 'lo', ip_addresses: ['127.0.0.1', '::1'] },
    { ...link, name: 'eth0', ip_addresses },
  ]
  const system = {
    cpu: { usage_percent: 1, cores_usage: [1] },
    memory: { total_kb: 2, used_kb: 1, available_kb: 1 },
    disk: { usage_stats: [] },
    network: { interfaces },
    system: { uptime_seconds: 3 },
  }
  return { type: 'metrics', data: { system } } as unknown as Report // its envelope plays no part here
}

test('the addresses that an agent reports are its machine’s and follow it; what is no address is left out', async () => {
  const context = await makeTestContext()
  const { database } = context
  await database.query("INSERT INTO machines (machine_id, kind, status) VALUES ('vm', 'virtual', 'managed')")
  const recorder = new MetricsRecorder(context)
  const addresses = async (message: Report) => {
    recorder.take({ machineId: 'vm' } as Parameters<typeof recorder.take>[0], message, 0)
    await recorder.stop()
    return (await machineStore.read(database, 'vm'))?.system_addresses
  }
  const told = async () =>
    (
      await database.query(
        "SELECT type FROM events WHERE type = 'machines.updated' UNION ALL SELECT type FROM pending_events WHERE type = 'machines.updated'",
      )
    ).length

  expect(await addresses(report('<b>10.0.0.8</b>', 'fe80::7', '2001:db8::7', '10.0.0.7'))).toEqual([
    '10.0.0.7',
    '2001:db8::7',
  ])
  expect(await addresses(report('2001:db8::7', '10.0.0.7'))).toEqual(['10.0.0.7', '2001:db8::7'])
  expect(await told(), 'once, for the same addresses in another order').toBe(1)
  expect(await addresses(report('10.0.0.9'))).toEqual(['10.0.0.9'])
  const found = await machineStore.list(database, { kinds: [], q: '10.0.0.9', limit: 9, afterId: '' })
  expect(found.map(({ machine_id }) => machine_id)).toEqual(['vm'])
  expect(await addresses(report())).toEqual([])
  expect(await told()).toBe(3)
})
