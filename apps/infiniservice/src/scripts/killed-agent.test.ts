import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { PendingScript } from '@slipway/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { isAlive, makeAgent } from './testing/make-agent.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

/** An agent in its own process, killed with -9 as soon as it says the message of that type. */
function killedAt(stateDir: string, script: PendingScript, type: string, mostRunning = 8): Promise<void> {
  return killedWhen({ stateDir, mostRunning }, [script], (line) => line.includes(`"type":"${type}"`))
}

async function killedWhen(
  options: { stateDir: string; mostRunning: number },
  scripts: readonly PendingScript[],
  isTime: (line: string) => boolean,
): Promise<void> {
  const program = new URL('testing/agent-process.ts', import.meta.url).pathname
  const agent = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void agent.kill('SIGKILL'))
  agent.stdin.write(`${JSON.stringify({ type: 'pending_scripts_response', scripts })}\n`)
  for await (const line of createInterface({ input: agent.stdout })) if (isTime(line)) break
  const ended = new Promise((resolve) => agent.once('exit', (_code, signal) => resolve(signal)))
  agent.kill('SIGKILL')
  expect(await ended).toBe('SIGKILL')
}

describe('after kill -9 of the agent', () => {
  test('at many points of forty scripts, each ran once or is reported interrupted', { timeout: 120_000 }, async () => {
    const [stateDir, directory] = [temporaryDirectory(), temporaryDirectory()]
    const names = Array.from({ length: 40 }, (_, index) => `execution-${index}`)
    const scripts = names.map((name) => pendingScript(name, `echo run >> ${directory}/${name}`))
    for (const lines of [1, 4, 13, 40]) {
      let seen = 0
      await killedWhen({ stateDir, mostRunning: 4 }, scripts, () => (seen += 1) >= lines)
    }
    const { host } = makeAgent({ stateDir })
    host.connect().deliver(...scripts)
    for (const name of names) {
      const { exit_code, interrupted } = await host.completion(name)
      const runs = existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : ''
      expect([name, runs, exit_code]).toEqual([name, interrupted && runs === '' ? '' : 'run\n', interrupted ? null : 0])
    }
    expect(host.of('script_completion').filter((each) => each.interrupted).length).toBeLessThan(40)
  })

  test('a script that was accepted and not begun is run by the next agent', async () => {
    const stateDir = temporaryDirectory()
    await killedAt(stateDir, pendingScript('execution-1', 'echo fine'), 'script_accepted', 0)
    const { host } = makeAgent({ stateDir })
    expect(await host.connect().completion('execution-1')).toMatchObject({ exit_code: 0, stdout: 'fine\n' })
  })

  test('a script that ran is interrupted: its processes end, its output is told, and it is not run again', async () => {
    const [stateDir, directory] = [temporaryDirectory(), temporaryDirectory()]
    const script = pendingScript('execution-1', `echo run >> ${directory}/count; echo $$; sleep 300; echo never`)
    await killedAt(stateDir, script, 'script_output')
    const { host } = makeAgent({ stateDir })
    host.connect().deliver(script)
    const completion = await host.completion('execution-1')
    expect(completion).toMatchObject({ interrupted: true, exit_code: null, not_started: false })
    expect(completion.stderr).toContain('the agent ended while the script ran')
    await eventually(() => expect(isAlive(Number(completion.stdout))).toBe(false))
    expect(host.output('execution-1')).toBe(completion.stdout)
    host.deliver(script)
    expect(readFileSync(join(directory, 'count'), 'utf8')).toBe('run\n')
    expect(host.of('script_started')).toEqual([])
  })

  test('a result that nobody acknowledged is told again, once it was told', async () => {
    const [stateDir, directory] = [temporaryDirectory(), temporaryDirectory()]
    const script = pendingScript('execution-1', `echo run >> ${directory}/count; echo out; exit 7`)
    await killedAt(stateDir, script, 'script_completion')
    const { host } = makeAgent({ stateDir })
    host.connect()
    expect(await host.completion('execution-1')).toMatchObject({ exit_code: 7, stdout: 'out\n', interrupted: false })
    expect(readFileSync(join(directory, 'count'), 'utf8')).toBe('run\n')
    await eventually(() => expect(readdirSync(join(stateDir, 'runs'))).toEqual([]))
  })
})
