import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { isAlive, makeAgent } from './testing/make-agent.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

const pids = (text: string) => text.trim().split('\n').map(Number)

describe('a script that does not want to end', () => {
  test('is killed with its children when they ignore SIGTERM', { timeout: 60_000 }, async () => {
    const { host } = makeAgent()
    const stubborn = `trap '' TERM; sleep 300 & echo $!; (trap '' TERM; sleep 301) & echo $!; wait; sleep 302`
    host.connect().deliver(pendingScript('execution-1', stubborn, { timeout_seconds: 1 }))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ timed_out: true, cancelled: false, exit_code: 137 })
    expect(completion.duration_ms).toBeGreaterThan(5_000)
    for (const pid of pids(completion.stdout ?? '')) await eventually(() => expect(isAlive(pid)).toBe(false))
  })

  test('is killed with a child that left its process group', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'setsid sleep 300 & echo $!; wait'))
    await eventually(() => expect(host.output('execution-1')).not.toBe(''))
    host.tell({ type: 'cancel_script', execution_id: 'execution-1' })
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ cancelled: true })
    for (const pid of pids(completion.stdout ?? '')) await eventually(() => expect(isAlive(pid)).toBe(false))
  })

  test('that cleans up on SIGTERM and exits 0 is still a cancelled one', async () => {
    const { host } = makeAgent()
    const tidy = `trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done`
    host.connect().deliver(pendingScript('execution-1', tidy))
    await eventually(() => expect(host.output('execution-1')).toBe('ready\n'))
    host.tell({ type: 'cancel_script', execution_id: 'execution-1' })
    expect(await host.completion('execution-1')).toMatchObject({
      cancelled: true,
      exit_code: 0,
      stdout: 'ready\ntidied\n',
    })
  })

  test('that leaves a daemon with its pipes behind completes without it', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'sleep 300 & echo $!'))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ exit_code: 0, timed_out: false })
    const [daemon = 0] = pids(completion.stdout ?? '')
    expect(isAlive(daemon)).toBe(true)
    process.kill(daemon)
  })

  test('may have a timeout of a year', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'echo fine', { timeout_seconds: 31_536_000 }))
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 0, timed_out: false })
  })
})

describe('a script that cannot begin', () => {
  const refused = async (more: Parameters<typeof pendingScript>[2]) => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', 'echo never', more))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ not_started: true, exit_code: null, stdout: '' })
    return completion.stderr
  }

  test('names the shell that is missing', async () => {
    expect(await refused({ shell: 'CMD' })).toContain('needs the program cmd.exe, which is not installed')
  })

  test('names the user that does not exist', async () => {
    expect(await refused({ run_as: 'nobody-at-all' })).toContain('the user nobody-at-all does not exist')
    expect(await refused({ run_as: '--reuid=0' })).toContain('is no user name')
  })

  test('says which input the system cannot carry', async () => {
    expect(await refused({ env: { INPUT_X: 'a\0b' } })).toContain('the value of INPUT_X contains a NUL')
    expect(await refused({ env: { 'A=B': '' } })).toContain('is no name of an environment variable')
    expect(await refused({ env: { INPUT_X: 'x'.repeat(4 * 1024 * 1024) } })).toContain('E2BIG')
  })
})

describe('the program and its inputs', () => {
  test('lines that end with CRLF are run as if they did not', async () => {
    const { host } = makeAgent()
    host
      .connect()
      .deliver(pendingScript('execution-1', 'if true; then\r\n  echo "$INPUT_X"\r\nfi\r\n', { env: { INPUT_X: 'ü' } }))
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 0, stdout: 'ü\n' })
  })

  test('a value stays a value whatever is in it', async () => {
    const { host } = makeAgent()
    const directory = temporaryDirectory()
    const value = `"'\`$(touch ${directory}/pwned)\`; \${IFS}\n\\n%s €😀 $((1/0)) && exit 9`
    host
      .connect()
      .deliver(pendingScript('execution-1', 'printf %s "$INPUT_X"', { shell: 'SH', env: { INPUT_X: value } }))
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 0, stdout: value })
    expect(() => readFileSync(join(directory, 'pwned'))).toThrow('ENOENT')
  })

  test('sees a clean environment, closed input and its own process group', async () => {
    process.env['SECRET_OF_THE_AGENT'] = 'x'
    const { host } = makeAgent()
    host
      .connect()
      .deliver(
        pendingScript(
          'execution-1',
          'env | cut -d= -f1 | sort | tr "\\n" " "; cat; ps -o pgid= $$ | tr -d " "; echo $$',
        ),
      )
    const { stdout } = await host.completion('execution-1')
    delete process.env['SECRET_OF_THE_AGENT']
    const [names, group, pid] = [
      stdout?.slice(0, stdout.lastIndexOf('_ ') + 2),
      ...(stdout ?? '')
        .slice((stdout?.lastIndexOf('_ ') ?? 0) + 2)
        .trim()
        .split('\n'),
    ]
    expect(names?.trim().split(' ')).toEqual([
      'HOME',
      'INFINISERVICE_RUN',
      'LANG',
      'LOGNAME',
      'PATH',
      'PWD',
      'SHLVL',
      'TMPDIR',
      'USER',
      '_',
    ])
    expect(group).toBe(pid)
  })

  test.skipIf(process.getuid?.() !== 0)('runs as another user with the groups and home of that user', async () => {
    const { host, stateDir } = makeAgent()
    host.connect().deliver(
      pendingScript('execution-1', 'id -un; id -gn; echo "$USER $HOME"; ls -ld "$0" | cut -c1-10; cat "$0" | wc -l', {
        run_as: 'nobody',
      }),
    )
    expect(await host.completion('execution-1')).toMatchObject({
      exit_code: 0,
      stdout: 'nobody\nnogroup\nnobody /nonexistent\n-rwx------\n0\n',
    })
    host.deliver(
      pendingScript('execution-2', `cat ${stateDir}/journal; ls ${stateDir} ${stateDir}/runs`, { run_as: 'nobody' }),
    )
    expect(await host.completion('execution-2')).toMatchObject({ stdout: '', exit_code: 2 })
  })
})

describe('a script that prints a lot', () => {
  test('goes on beyond the cap, is counted whole and ends with its last 64 KiB', { timeout: 60_000 }, async () => {
    const { host } = makeAgent({ outputCapBytes: 1024 * 1024 })
    const before = process.memoryUsage().rss
    host.connect().deliver(pendingScript('execution-1', 'head -c 200000000 /dev/zero | tr "\\0" x; echo; echo the end'))
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ exit_code: 0, truncated: true, stdout_bytes: 200_000_009 })
    expect(completion.stdout).toHaveLength(64 * 1024)
    expect(completion.stdout?.endsWith('x\nthe end\n')).toBe(true)
    expect(host.output('execution-1')).toHaveLength(1024 * 1024)
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  })

  test('is not held up by a host that acknowledges nothing, and everything is sent once it does', async () => {
    const { host } = makeAgent()
    host.acks = false
    host.connect().deliver(pendingScript('execution-1', 'seq 1000000; echo done >&2'))
    await eventually(() => expect(host.output('execution-1', 'stderr')).toBe('done\n'))
    const sent = host.of('script_output').filter((each) => each.stream === 'stdout')
    expect(sent.length).toBeLessThanOrEqual(16)
    expect(host.of('script_completion')).toEqual([])
    host.disconnect()
    host.acks = true
    host.connect()
    const completion = await host.completion('execution-1')
    const whole = Array.from({ length: 1_000_000 }, (_, index) => `${index + 1}\n`).join('')
    expect(host.output('execution-1')).toBe(whole)
    expect(completion.stdout).toBe(whole.slice(-65_536))
    expect(sent.every((piece) => Buffer.byteLength(piece.data) <= 65_536)).toBe(true)
  })

  test('in something that is not UTF-8 is shown with replacements', async () => {
    const { host } = makeAgent()
    host.connect().deliver(pendingScript('execution-1', `printf 'a\\xff\\xc3'; printf '\\xa9\\xe2\\x82'`))
    const completion = await host.completion('execution-1')
    expect(host.output('execution-1')).toBe('a\uFFFDé\uFFFD')
    expect(completion).toMatchObject({ stdout: 'a\uFFFDé\uFFFD', stdout_bytes: 6 })
  })
})

test('a journal that was removed is written anew, and while it cannot be, no script is accepted', async () => {
  const { host, stateDir, runs } = makeAgent()
  host.acks = false
  host.connect().deliver(pendingScript('execution-1', 'echo first'))
  await host.completion('execution-1')
  const journal = join(stateDir, 'journal')
  rmSync(journal)
  mkdirSync(join(journal, 'in the way'), { recursive: true })
  const count = pendingScript('execution-2', `echo run >> ${stateDir}/count`)
  host.deliver(count)
  await eventually(() => expect(host.of('error')).toMatchObject([{ details: { execution_id: 'execution-2' } }]))
  expect(existsSync(join(stateDir, 'count'))).toBe(false)
  rmSync(journal, { recursive: true })
  host.deliver(count)
  await host.completion('execution-2')
  host.disconnect()
  await runs.stop()
  const next = makeAgent({ stateDir })
  next.host.connect()
  expect((await next.host.completion('execution-1')).stdout).toBe('first\n')
  expect(await next.host.completion('execution-2')).toMatchObject({ exit_code: 0, interrupted: false })
  expect(readFileSync(join(stateDir, 'count'), 'utf8')).toBe('run\n')
})

test('a state directory that cannot take a script is reported, and the script is taken when it can again', async () => {
  const { host, stateDir } = makeAgent()
  rmSync(join(stateDir, 'runs'), { recursive: true })
  writeFileSync(join(stateDir, 'runs'), 'in the way')
  host.connect().deliver(pendingScript('execution-1', 'echo fine'))
  await eventually(() => expect(host.of('error')).toMatchObject([{ details: { execution_id: 'execution-1' } }]))
  rmSync(join(stateDir, 'runs'))
  mkdirSync(join(stateDir, 'runs'))
  host.deliver(pendingScript('execution-1', 'echo fine'))
  expect(await host.completion('execution-1')).toMatchObject({ exit_code: 0, stdout: 'fine\n' })
})
