import { silentLogger } from '@slipway/base'
import { agentMetricsSchema, type AgentMetrics, type AgentOutgoing, type HostMessage } from '@slipway/protocol'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../scripts/testing/eventually.ts'
import type { HostSession } from '../session/host-session.ts'
import { makeLinuxCollector } from './linux-collector.ts'
import { makeMetricsPart } from './make-metrics-part.ts'
import type { MetricsCollector } from './metrics-collector.ts'

const nothing: AgentMetrics = {
  system: {
    cpu: { usage_percent: 0, cores_usage: [] },
    memory: { total_kb: 0, used_kb: 0, available_kb: 0 },
    disk: { usage_stats: [] },
    network: { interfaces: [] },
    system: { uptime_seconds: 0 },
  },
}

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  test('the figures of this machine are what the host expects', async () => {
    const collector = makeLinuxCollector()
    const signal = AbortSignal.timeout(20_000)
    await collector.collect({ withProcesses: true, signal })
    const metrics = agentMetricsSchema.parse(await collector.collect({ withProcesses: true, signal }))
    const { cpu, memory, disk, network, system, processes } = metrics.system
    expect(cpu.cores_usage.length).toBeGreaterThan(0)
    expect(memory.total_kb).toBeGreaterThan(100_000)
    expect(disk.usage_stats.map((each) => each.mount_point)).toContain('/')
    expect(network.interfaces.map((each) => each.name)).toContain('lo')
    expect(system.uptime_seconds).toBeGreaterThan(1)
    expect(processes?.length).toBeLessThanOrEqual(50)
    expect(processes?.some((each) => each.memory_kb > 0)).toBe(true)
    const quick = await collector.collect({ withProcesses: false, signal })
    expect(quick.system.processes).toBeUndefined()
  })
})

describe('the part', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => vi.useRealTimers())

  const ack = (metrics_interval_s: number): HostMessage => ({
    type: 'handshake_ack',
    session: 's',
    server_time: '',
    metrics_interval_s,
  })

  function setUp(collect: MetricsCollector['collect'] = () => Promise.resolve(nothing)) {
    const asked: boolean[] = []
    const sent: AgentOutgoing[] = []
    const clock = { ms: 0 }
    const collector: MetricsCollector = {
      collect(options) {
        asked.push(options.withProcesses)
        return collect(options)
      },
    }
    const part = makeMetricsPart({ logger: silentLogger, collector, elapsed: () => clock.ms })
    onTestFinished(() => part.stop())
    const host: HostSession & { room: boolean } = {
      open: true,
      room: true,
      send: (message) => host.room && sent.push(message) > 0,
    }
    part.onOpen?.(host)
    return { part, host, asked, sent, clock }
  }

  async function pass(clock: { ms: number }, ms: number) {
    clock.ms += ms
    await vi.advanceTimersByTimeAsync(ms)
  }

  test('sends at once and then at the host’s interval, processes at most every minute', async () => {
    const { part, host, asked, sent, clock } = setUp()
    expect(part.onMessage(ack(30), host)).toBe(false)
    await eventually(() => expect(sent).toHaveLength(1))
    for (let round = 0; round < 4; round += 1) await pass(clock, 30_000)
    expect(asked).toEqual([true, false, true, false, true])
    expect(sent).toHaveLength(5)
  })

  test('obeys configure and a request for figures now', async () => {
    const { part, host, sent, clock } = setUp()
    part.onMessage(ack(3600), host)
    await eventually(() => expect(sent).toHaveLength(1))
    expect(part.onMessage({ type: 'Metrics' }, host)).toBe(true)
    await eventually(() => expect(sent).toHaveLength(2))
    expect(part.onMessage({ type: 'configure', metrics_interval_s: 5 }, host)).toBe(false)
    await pass(clock, 5_000)
    expect(sent).toHaveLength(3)
  })

  test('never collects twice at a time, and keeps the processes for a host that took none', async () => {
    let finish: (metrics: AgentMetrics) => void = () => {}
    const { part, host, asked, sent, clock } = setUp(() => new Promise((resolve) => (finish = resolve)))
    host.room = false
    part.onMessage(ack(10), host)
    await pass(clock, 60_000)
    part.onMessage({ type: 'Metrics' }, host)
    expect(asked).toEqual([true])
    finish(nothing)
    await pass(clock, 10_000)
    expect(asked).toEqual([true, true])
    expect(sent).toEqual([])
  })

  test('a session that ends stops the timer, and figures that come late are dropped', async () => {
    let finish: (metrics: AgentMetrics) => void = () => {}
    const { part, host, asked, sent, clock } = setUp(() => new Promise((resolve) => (finish = resolve)))
    part.onMessage(ack(10), host)
    part.onClose?.()
    finish(nothing)
    await pass(clock, 60_000)
    expect(asked).toHaveLength(1)
    expect(sent).toEqual([])
  })

  test('a collection that fails is logged and the next one is made', async () => {
    const { part, host, asked, clock } = setUp(() => Promise.reject(new Error('no /proc here')))
    part.onMessage(ack(10), host)
    await pass(clock, 10_000)
    expect(asked).toHaveLength(2)
  })
})
