import { silentLogger } from '@slipway/base'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { makeScriptRuns, type ScriptRunsOptions } from './make-script-runs.ts'
import { pendingScript, RecordingHost, temporaryDirectory } from './testing/recording-host.ts'

function agent(options: Partial<ScriptRunsOptions> = {}) {
  const stateDir = options.stateDir ?? temporaryDirectory()
  const runs = makeScriptRuns({ stateDir, logger: silentLogger, ...options })
  onTestFinished(() => runs.stop())
  return { stateDir, runs, host: new RecordingHost(runs).connect() }
}

describe('a script', () => {
  test('runs, streams what it prints and completes', async () => {
    const { host } = agent()
    host.deliver(pendingScript('execution-1', 'echo out; echo err >&2; exit 3'))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({
      exit_code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      stdout_bytes: 4,
      stderr_bytes: 4,
    })
    expect(completion).toMatchObject({ timed_out: false, cancelled: false, interrupted: false, not_started: false })
    expect(host.messages.slice(0, 2).map((each) => each.type)).toEqual(['script_accepted', 'script_started'])
    expect(host.output('execution-1')).toBe('out\n')
    expect(host.output('execution-1', 'stderr')).toBe('err\n')
  })

  test('is put away once it is acknowledged, and its output stays as a log', async () => {
    const { host, stateDir } = agent()
    host.deliver(pendingScript('execution-1', 'echo kept'))
    const { log_file } = await host.completion('execution-1')
    expect(log_file).toBe(join(stateDir, 'logs', 'execution-1.1', 'stdout'))
    await vi.waitFor(() => expect(readFileSync(String(log_file), 'utf8')).toBe('kept\n'))
  })
})
