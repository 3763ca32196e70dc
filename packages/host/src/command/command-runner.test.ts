import { Fault, silentLogger } from '@slipway/base'
import { describe, expect, test } from 'vitest'
import type { CommandRecord } from '../host.ts'
import { makeCommandRunner } from './command-runner.ts'

const records: CommandRecord[] = []
const run = makeCommandRunner({ logger: silentLogger, onRecord: (record) => records.push(record) })
const signal = new AbortController().signal

describe('the command runner', () => {
  test('hands arguments to the program as they are, without a shell', async () => {
    const hostile = '$(touch /tmp/no); "quoted" \n second'
    const { stdout } = await run(['printf', '%s', hostile], { signal })
    expect(stdout).toBe(hostile)
    expect(records.at(-1)).toMatchObject({ argv: ['printf', '%s', hostile], exit_code: 0, fault: null })
  })

  test('turns an unexpected exit into command-failed with argv, exit and last words', async () => {
    const failing = run(['ls', '/nowhere-at-all'], { signal })
    await expect(failing).rejects.toMatchObject({
      code: 'command-failed',
      details: { argv: ['ls', '/nowhere-at-all'], exit_code: 2 },
    })
    expect(records.at(-1)?.fault?.details.last_words).toContain('nowhere-at-all')
  })

  test('returns an exit code that the caller accepts', async () => {
    expect(await run(['false'], { signal, accept: [0, 1] })).toMatchObject({ exitCode: 1 })
  })

  test('says which program is missing', async () => {
    await expect(run(['no-such-program-here'], { signal })).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('stops a command at its deadline together with what it started', async () => {
    const started = performance.now()
    const stuck = run(['sh', '-c', 'sleep 60 & wait'], { signal, deadlineMs: 200 })
    await expect(stuck).rejects.toMatchObject({ code: 'step-timeout' })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('leaves a command behind whose output something still holds open after it was killed', async () => {
    const started = performance.now()
    // The sleep is in a session of its own, so killing the group does not reach it, and it keeps our pipe.
    const stuck = run(['sh', '-c', 'setsid sleep 30 & wait'], { signal, deadlineMs: 200 })
    const message = expect.stringMatching(/did not end within 0.2 s.*did not end when it was killed: something/)
    await expect(stuck).rejects.toMatchObject({ code: 'step-timeout', message, details: { kernel_waits: [] } })
    expect(performance.now() - started).toBeLessThan(20_000)
  }, 30_000)

  test('stops a command when the operation is cancelled and passes the reason on', async () => {
    const stop = new AbortController()
    const stuck = run(['sleep', '60'], { signal: stop.signal })
    stop.abort(new Fault('cancelled', 'the operator said so'))
    await expect(stuck).rejects.toMatchObject({ code: 'cancelled', message: 'the operator said so' })
  })

  test('feeds standard input and waits for the command to take it', async () => {
    const chunk = Buffer.alloc(1 << 20, 1)
    async function* source() {
      for (let index = 0; index < 8; index += 1) yield chunk
    }
    expect((await run(['wc', '-c'], { signal, input: source() })).stdout.trim()).toBe(String(8 << 20))
  })

  test('a broken source kills the command and is the error', async () => {
    async function* source() {
      yield Buffer.from('half')
      throw new Fault('image-digest-mismatch', 'the bytes are not the layer’s')
    }
    await expect(run(['cat'], { signal, input: source() })).rejects.toMatchObject({ code: 'image-digest-mismatch' })
  })

  test('a command that ends before it has read everything does not hang the source', async () => {
    async function* source() {
      for (let index = 0; index < 64; index += 1) yield Buffer.alloc(1 << 20)
    }
    await expect(run(['false'], { signal, input: source() })).rejects.toMatchObject({ code: 'command-failed' })
  })

  test('a command that is content with the beginning succeeds, and the source is still read to its end', async () => {
    let whole = false
    async function* source() {
      for (let index = 0; index < 64; index += 1) yield Buffer.alloc(1 << 20)
      whole = true
    }
    await run(['true'], { signal, input: source() })
    expect(whole).toBe(true)
    async function* broken() {
      yield* source()
      throw new Fault('image-digest-mismatch', 'found out at the very end')
    }
    await expect(run(['true'], { signal, input: broken() })).rejects.toMatchObject({ code: 'image-digest-mismatch' })
  })

  test('bounds what a command may print', async () => {
    const flood = run(['head', '-c', String(20 * 1024 * 1024), '/dev/zero'], { signal })
    await expect(flood).rejects.toMatchObject({ code: 'command-failed' })
  })
})
