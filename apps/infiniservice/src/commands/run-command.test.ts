import { expect, test } from 'vitest'
import { eventually } from '../scripts/testing/eventually.ts'
import { readFileSync } from 'node:fs'
import { temporaryDirectory } from '../scripts/testing/recording-host.ts'
import { runCommand } from './run-command.ts'

const signal = AbortSignal.timeout(60_000)

test('a program that succeeds has its output and no error', async () => {
  expect(await runCommand(['echo', '$(id)'], { signal })).toEqual({ exit_code: 0, stdout: '$(id)\n', stderr: '' })
})

test('a program that fails has its last words in the error', async () => {
  const outcome = await runCommand(['ls', '/nowhere-at-all'], { signal })
  expect(outcome).toMatchObject({ exit_code: 2, error: { code: 'command-failed' } })
  expect(outcome.error?.message).toContain('nowhere-at-all')
})

test('a program that is missing is named', async () => {
  const outcome = await runCommand(['no-such-program'], { signal })
  expect(outcome.error).toEqual({ code: 'unsupported', message: 'no-such-program is not installed on this machine' })
})

test('a program that takes too long ends with its children', async () => {
  const directory = temporaryDirectory()
  const stop = new AbortController()
  const running = runCommand(['sh', '-c', `sleep 300 & echo $! > ${directory}/pid; wait`], { signal: stop.signal })
  const pid = await eventually(() => {
    const text = readFileSync(`${directory}/pid`, 'utf8').trim()
    expect(text).not.toBe('')
    return text
  })
  stop.abort()
  expect(await running).toMatchObject({ exit_code: null, error: { code: 'command-failed' } })
  await eventually(() => expect(state(pid)).toMatch(/^(gone|Z)$/))
})

test('only the end of a long output is kept', async () => {
  const { stdout } = await runCommand(['seq', '1000000'], { signal, outputLimit: 10_000 })
  expect(stdout).toHaveLength(10_000)
  expect(stdout.endsWith('999999\n1000000\n')).toBe(true)
})

function state(pid: string): string {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '?'
  } catch {
    return 'gone'
  }
}
