import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { makeAgent } from './testing/make-agent.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

const cancel = (execution_id: string, attempt?: number) => ({ type: 'cancel_script', execution_id, attempt }) as const

describe('a script', () => {
  test('runs, streams what it prints and completes', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'echo out; echo err >&2; exit 3'))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ exit_code: 3, stdout: 'out\n', stderr: 'err\n' })
    expect(completion).toMatchObject({ stdout_bytes: 4, stderr_bytes: 4, truncated: false })
    expect(completion).toMatchObject({ timed_out: false, cancelled: false, interrupted: false, not_started: false })
    expect(host.messages.slice(0, 2).map((each) => each.type)).toEqual(['script_accepted', 'script_started'])
    expect(host.output('execution-1')).toBe('out\n')
    expect(host.output('execution-1', 'stderr')).toBe('err\n')
  })

  test('is put away once it is acknowledged, and its output stays as a log', async () => {
    const { host, stateDir } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'echo kept', { env: { INPUT_PASSWORD: 'secret' } }))
    const { log_file } = await host.completion('execution-1')
    expect(log_file).toBe(join(stateDir, 'logs', 'execution-1.1', 'stdout'))
    await eventually(() => expect(readdirSync(join(stateDir, 'logs', 'execution-1.1'))).toEqual(['stdout']))
    expect(readFileSync(String(log_file), 'utf8')).toBe('kept\n')
    expect(readdirSync(join(stateDir, 'runs'))).toEqual([])
  })

  test('asks for what is pending at the beginning of every session', () => {
    const { host } = makeAgent({ vmId: 'vm-1' })
    host.connect().disconnect()
    host.connect()
    expect(host.of('request_pending_scripts')).toMatchObject([{ vm_id: 'vm-1' }, { vm_id: 'vm-1' }])
  })
})

test('configure changes how much of the output is kept, and is left to the other parts', async () => {
  const { host } = makeAgent()
  host.connect()
  expect(host.tell({ type: 'configure', output_cap_bytes: 65_536 })).toBe(false)
  host.deliver(pendingScript('execution-1', 'head -c 70000 /dev/zero'))
  expect(await host.completion('execution-1')).toMatchObject({ truncated: true, stdout_bytes: 70_000 })
  expect(host.output('execution-1')).toHaveLength(65_536)
})

describe('the same attempt again', () => {
  const counting = (directory: string) =>
    pendingScript('execution-1', `echo run >> ${directory}/count; cat ${directory}/go`)
  const count = (directory: string) => readFileSync(join(directory, 'count'), 'utf8')

  test('is not run again, whether it runs, has ended or was acknowledged', async () => {
    const { host, stateDir } = makeAgent()
    const directory = temporaryDirectory()
    host.acks = false
    host.connect().deliver(counting(directory), counting(directory))
    await host.completion('execution-1')
    expect(host.of('script_started')).toHaveLength(1)
    host.deliver(counting(directory))
    await eventually(() => expect(host.of('script_completion')).toHaveLength(2))
    host.acks = true
    host.tell({ type: 'output_ack', execution_id: 'execution-1', attempt: 1, stream: 'stderr', seq: 100 })
    host.deliver(counting(directory))
    await eventually(() => expect(existsSync(join(stateDir, 'logs', 'execution-1.1', 'stderr'))).toBe(true))
    host.deliver(counting(directory))
    await eventually(() => expect(host.of('script_completion')).toHaveLength(4))
    expect(host.of('script_completion').at(-1)).toMatchObject({ attempt: 1, exit_code: 1 })
    expect(count(directory)).toBe('run\n')
  })

  test('is not run again by the next agent either, and the next attempt is', async () => {
    const first = makeAgent()
    const directory = temporaryDirectory()
    first.host.connect().deliver(counting(directory))
    await first.host.completion('execution-1')
    await first.runs.stop()
    const { host } = makeAgent({ stateDir: first.stateDir })
    host.connect().deliver(counting(directory))
    await host.completion('execution-1')
    expect(count(directory)).toBe('run\n')
    host.deliver({ ...counting(directory), attempt: 2 })
    await host.completion('execution-1', 2)
    expect(count(directory)).toBe('run\nrun\n')
  })
})

describe('cancelling', () => {
  test('ends a running script and says so', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'echo ready; sleep 300'))
    await eventually(() => expect(host.output('execution-1')).toBe('ready\n'))
    host.tell(cancel('execution-1'))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ cancelled: true, timed_out: false, not_started: false, exit_code: 143 })
  })

  test('of a script that waits for its turn means it is never started', async () => {
    const { host, runs } = makeAgent({ mostRunning: 1 })
    host.connect().deliver(pendingScript('execution-1', 'sleep 300'))
    await eventually(() => expect(runs.running()).toBe(1))
    host.deliver(pendingScript('execution-2', 'echo never'))
    await eventually(() => expect(host.of('script_accepted')).toHaveLength(2))
    host.tell(cancel('execution-2', 1))
    expect(await host.completion('execution-2')).toMatchObject({ cancelled: true, not_started: true, exit_code: null })
    expect(host.of('script_started').map((each) => each.execution_id)).toEqual(['execution-1'])
  })

  test('of a script that has not arrived is confirmed, and keeps it from starting when it does', async () => {
    const { host } = makeAgent()
    host.connect().tell(cancel('execution-1', 1))
    expect(await host.completion('execution-1')).toMatchObject({ cancelled: true, not_started: true })
    host.deliver(pendingScript('execution-1', 'echo never'))
    expect(host.of('script_completion')).toHaveLength(2)
    expect(host.of('script_started')).toEqual([])
  })

  test('without an attempt keeps every attempt of an unknown execution from starting', async () => {
    const { host } = makeAgent()
    host.connect().tell(cancel('execution-1'))
    await eventually(() => expect(host.of('script_completion')).toMatchObject([{ cancelled: true }]))
    host.deliver(pendingScript('execution-1', 'echo never', { attempt: 3 }))
    expect(await host.completion('execution-1', 3)).toMatchObject({ cancelled: true, not_started: true })
  })

  test('after the end repeats the result as it was', async () => {
    const { host } = makeAgent()
    host.acks = false
    host.connect().deliver(pendingScript('execution-1', 'exit 4'))
    await host.completion('execution-1')
    host.tell(cancel('execution-1'))
    expect(host.of('script_completion').at(1)).toMatchObject({ exit_code: 4, cancelled: false })
    host.tell({ type: 'script_ack', execution_id: 'execution-1', attempt: 1 })
    host.tell(cancel('execution-1'))
    expect(host.of('script_completion').at(2)).toMatchObject({ exit_code: 4, cancelled: false })
  })
})

describe('an agent that is stopped', () => {
  test('ends what runs as interrupted and tells the host when it is back', async () => {
    const first = makeAgent()
    first.host.connect().deliver(pendingScript('execution-1', 'echo begun; sleep 300'))
    await eventually(() => expect(first.host.output('execution-1')).toBe('begun\n'))
    first.host.disconnect()
    await first.runs.stop()
    const { host } = makeAgent({ stateDir: first.stateDir })
    host.connect()
    expect(await host.completion('execution-1')).toMatchObject({ interrupted: true, stdout: 'begun\n' })
  })
})

describe('garbage in the state directory', () => {
  test('is set aside, and what is legible is delivered', async () => {
    const first = makeAgent()
    first.host.acks = false
    first.host.connect().deliver(pendingScript('execution-1', 'echo fine'))
    await first.host.completion('execution-1')
    await first.runs.stop()
    appendFileSync(join(first.stateDir, 'journal'), '\0\u0001\n{"record":"accepted"}\n{"record":"half')
    for (const [name, file] of [
      ['unknown', 'stdout'],
      ['never-accepted', 'script.sh'],
    ] as const) {
      mkdirSync(join(first.stateDir, 'runs', name))
      writeFileSync(join(first.stateDir, 'runs', name, file), '')
    }
    const { host, stateDir } = makeAgent({ stateDir: first.stateDir })
    host.connect()
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 0, stdout: 'fine\n' })
    expect(readdirSync(join(stateDir, 'set-aside')).sort()).toEqual(['journal', 'unknown'])
    await eventually(() => expect(readdirSync(join(stateDir, 'runs'))).toEqual([]))
    await eventually(() => expect(readFileSync(join(stateDir, 'journal'), 'utf8')).not.toContain('\0'))
  })

  test('that is all there is does not keep the agent from running scripts', async () => {
    const stateDir = temporaryDirectory()
    mkdirSync(join(stateDir, 'journal'))
    const { host } = makeAgent({ stateDir })
    host.connect().deliver(pendingScript('execution-1', 'exit 3'))
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 3 })
  })
})
