import { silentLogger } from '@slipway/base'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { RunStore } from './run-store.ts'
import { emptyResult } from './run-record.ts'
import { makeAgent } from './testing/make-agent.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

// The clock of deadlines is moved by hand; nothing here runs a process.
beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => vi.useRealTimers())

/** An agent with finished runs of another agent, each with `bytes` of output, at a host that acknowledges nothing. */
async function agentWithResults(results: number, bytes: number) {
  const stateDir = temporaryDirectory()
  const store = new RunStore({ stateDir, logger: silentLogger, now: Date.now })
  store.recover()
  for (let number = 1; number <= results; number += 1) {
    const script = pendingScript(`execution-${number}`, 'anything')
    await store.begin(script, 'mark')
    writeFileSync(join(store.directories.path(`execution-${number}.1`), 'stdout'), 'x'.repeat(bytes))
    store.journal.ended(script, { ...emptyResult, exit_code: 0, stdout_bytes: bytes })
  }
  await store.close()
  const agent = makeAgent({ stateDir })
  agent.host.acks = false
  agent.host.connect()
  return agent
}

const attempt = { execution_id: 'execution-1', attempt: 1 }

describe('a host that does not acknowledge', () => {
  test('output gets the result all the same after ten seconds, and the run is put away a minute after its receipt', async () => {
    const { host, stateDir } = await agentWithResults(1, 2 * 1024 * 1024)
    expect(host.of('script_output')).toHaveLength(16)
    expect(host.of('script_completion')).toEqual([])
    vi.advanceTimersByTime(15_000)
    expect(host.of('script_completion')).toHaveLength(1)
    host.tell({ type: 'script_ack', ...attempt })
    vi.advanceTimersByTime(30_000)
    expect(existsSync(join(stateDir, 'logs', 'execution-1.1'))).toBe(false)
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    await eventually(() => expect(existsSync(join(stateDir, 'logs', 'execution-1.1'))).toBe(true))
    expect(host.of('script_completion')).toHaveLength(1)
  })

  test('a result hears it again every minute, and results behind it are not held up', async () => {
    const { host } = await agentWithResults(20, 10)
    const told = () => new Set(host.of('script_completion').map((each) => each.execution_id)).size
    expect([told(), host.of('script_completion').length]).toEqual([16, 16])
    vi.advanceTimersByTime(65_000)
    expect(told()).toBe(20)
    vi.advanceTimersByTime(125_000)
    expect(host.of('script_completion').length).toBeGreaterThan(32)
    expect(host.of('script_completion').length).toBeLessThanOrEqual(64)
  })
})

test('pieces go on as soon as the window moves, each sent once', async () => {
  const { host } = await agentWithResults(1, 2 * 1024 * 1024)
  host.tell({ type: 'output_ack', ...attempt, stream: 'stdout', seq: 10 })
  expect(host.of('script_output').map((each) => each.seq)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1))
  host.tell({ type: 'output_ack', ...attempt, stream: 'stdout', seq: 26 })
  expect(host.output('execution-1')).toHaveLength(2 * 1024 * 1024)
  expect(host.of('script_completion')).toHaveLength(1)
})

test('an hour of silence does not make the result overtake the output that comes at its end', async () => {
  const { host, runs } = makeAgent()
  const directory = temporaryDirectory()
  host.acks = false
  host.connect().deliver(
    pendingScript('execution-1', `until [ -e ${directory}/go ]; do sleep 0.02; done; seq 400000`, {
      timeout_seconds: 7200,
    }),
  )
  await eventually(() => expect(host.of('script_started')).toHaveLength(1))
  vi.advanceTimersByTime(3_600_000)
  writeFileSync(join(directory, 'go'), '')
  await eventually(() => expect(runs.running()).toBe(0))
  expect(host.of('script_output').length).toBe(16)
  expect(host.of('script_completion')).toEqual([])
})
