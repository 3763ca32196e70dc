import { silentLogger } from '@slipway/base'
import { agentToHost, safeActions, type AgentOutgoing } from '@slipway/protocol'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../scripts/testing/eventually.ts'
import type { HostSession } from '../session/host-session.ts'
import { makeCommandsPart } from './make-commands-part.ts'

function setUp() {
  const part = makeCommandsPart({ logger: silentLogger })
  onTestFinished(() => part.stop())
  const sent: AgentOutgoing[] = []
  const host: HostSession & { room: boolean } = {
    open: true,
    room: true,
    send: (message) => host.room && sent.push(message) > 0,
  }
  part.onOpen?.(host)
  let asked = 0
  const begin = (command_type: { action: string; [field: string]: unknown }, timeout?: number) => {
    asked += 1
    const id = `command-${asked}`
    expect(part.onMessage({ type: 'SafeCommand', id, command_type, timeout }, host)).toBe(true)
    return id
  }
  const answerTo = (id: string) =>
    eventually(() => {
      const found = sent.find((message) => message.type === 'response' && message.id === id)
      if (!found) throw new Error(`no response to ${id} yet`)
      return agentToHost.response.parse(found)
    })
  return {
    part,
    host,
    sent,
    begin,
    answerTo,
    ask: (...command: Parameters<typeof begin>) => answerTo(begin(...command)),
  }
}

describe('a SafeCommand', () => {
  test('that is not known is answered with an error', async () => {
    const { ask } = setUp()
    expect(await ask({ action: 'FormatEverything' })).toMatchObject({ success: false, error: { code: 'unsupported' } })
    expect(await ask({ action: 'toString' })).toMatchObject({ success: false, error: { code: 'unsupported' } })
  })

  test.each([
    { action: 'ServiceControl', service: '--version', operation: 'status' },
    { action: 'ServiceControl', service: 'a b', operation: 'status' },
    { action: 'ServiceControl', service: 'cron', operation: 'explode' },
    { action: 'PackageInstall', package: '-y' },
    { action: 'PackageInstall', package: 'curl;id' },
    { action: 'PackageInstall', package: 'curl', version: '--x' },
    { action: 'PackageRemove' },
    { action: 'ProcessKill', pid: 1 },
    { action: 'ProcessKill', pid: -1 },
    { action: 'ProcessKill', pid: 0 },
    { action: 'SystemInfo', misspelt: true },
    { action: 'CheckDiskSpace', params: 'x' },
  ])('with the fields %j is refused', async (command) => {
    const { ask } = setUp()
    const { success, error } = await ask(command)
    expect([success, error?.code]).toEqual([false, 'invalid-request'])
    expect(error?.message).toContain(command.action)
  })

  test('takes its fields from params too', async () => {
    const { ask } = setUp()
    const { data } = await ask({ action: 'ProcessList', params: { limit: 2 } })
    expect(data).toMatchObject({ processes: [{ pid: expect.any(Number) }, { pid: expect.any(Number) }] })
  })

  test('given twice is run once', async () => {
    const { part, host, sent, begin, answerTo } = setUp()
    const id = begin({ action: 'SystemInfo' })
    part.onMessage({ type: 'SafeCommand', id, command_type: { action: 'SystemInfo' } }, host)
    await answerTo(id)
    await answerTo(begin({ action: 'SystemInfo' }))
    expect(sent).toHaveLength(2)
  })

  test('is answered when the link has room again, but not in another session', async () => {
    const { part, host, sent, begin, answerTo } = setUp()
    host.room = false
    const send = vi.spyOn(host, 'send')
    const id = begin({ action: 'SystemInfo' })
    await eventually(() => expect(send).toHaveBeenCalled())
    host.room = true
    part.onDrain?.(host)
    expect(await answerTo(id)).toMatchObject({ success: true })
    const late = begin({ action: 'PackageList', filter: 'dpkg' })
    part.onClose?.()
    part.onOpen?.(host)
    await answerTo(begin({ action: 'PackageList', filter: 'dpkg' }))
    expect(sent.some((message) => message.type === 'response' && message.id === late)).toBe(false)
  })

  test('too many at once are refused with a word to try again', async () => {
    const { begin, answerTo } = setUp()
    const ids = Array.from({ length: 20 }, () => begin({ action: 'PackageList' }))
    const answers = await Promise.all(ids.map(answerTo))
    expect(answers.filter((each) => each.success)).toHaveLength(8)
    expect(answers.at(-1)?.error?.code).toBe('too-many-requests')
  })
})

describe('on this machine', () => {
  test('processes are listed and ended', async () => {
    const { ask } = setUp()
    const child = spawn('sleep', ['300'])
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
    expect(await ask({ action: 'ProcessKill', pid: child.pid })).toMatchObject({ success: true })
    expect(await ended).toBe('SIGTERM')
    expect(await ask({ action: 'ProcessKill', pid: child.pid })).toMatchObject({ error: { code: 'not-found' } })
    expect(await ask({ action: 'ProcessKill', pid: process.pid })).toMatchObject({ error: { code: 'conflict' } })
  })

  test('the system, its disks and its health are described', async () => {
    const { ask } = setUp()
    expect((await ask({ action: 'SystemInfo' })).data).toMatchObject({
      platform: 'linux',
      cpu_count: expect.any(Number),
    })
    const { data } = await ask({ action: 'CheckDiskSpace', warning_percent: 1, critical_percent: 100 })
    expect(data).toMatchObject({ disks: expect.arrayContaining([expect.objectContaining({ mount_point: '/' })]) })
    const health = await ask({ action: 'RunAllHealthChecks' })
    expect(health.data).toMatchObject({ checks: expect.arrayContaining([expect.objectContaining({ name: 'memory' })]) })
  })

  test.skipIf(!existsSync('/usr/bin/dpkg-query'))('packages are listed by part of their name', async () => {
    const { ask } = setUp()
    const { data } = await ask({ action: 'PackageList', filter: 'base-files' })
    expect(data).toMatchObject({ packages: [{ name: 'base-files', version: expect.any(String) }] })
  })

  test.skipIf(!existsSync('/usr/bin/dpkg-query') || process.getuid?.() !== 0)(
    'a package that does not exist fails with the words of the tool',
    { timeout: 60_000 },
    async () => {
      const { ask } = setUp()
      const answer = await ask({ action: 'PackageInstall', package: 'no-such-package-anywhere' })
      expect(answer).toMatchObject({ success: false, exit_code: 100, error: { code: 'command-failed' } })
      expect(answer.stderr).toContain('Unable to locate package')
    },
  )

  test.skipIf(existsSync('/run/systemd/system'))('services need systemd', async () => {
    const { ask } = setUp()
    expect(await ask({ action: 'ServiceList' })).toMatchObject({ success: false, error: { code: 'unsupported' } })
  })
})

test('every action of the protocol is answered, none by an internal error', async () => {
  const { ask } = setUp()
  const codes: unknown[] = []
  for (const action of safeActions.filter((each) => each !== 'Reboot')) codes.push((await ask({ action })).error?.code)
  expect(codes).toHaveLength(safeActions.length - 1)
  expect(codes).not.toContain('internal')
})

test('a reboot begins after its answer was handed to the link', async () => {
  const order: string[] = []
  const started: (readonly string[])[] = []
  const part = makeCommandsPart({
    logger: silentLogger,
    startDetached: (argv) => {
      order.push('reboot')
      started.push(argv)
    },
  })
  const host: HostSession & { room: boolean } = {
    open: true,
    room: false,
    send: () => host.room && order.push('answer') > 0,
  }
  part.onOpen?.(host)
  const send = vi.spyOn(host, 'send')
  part.onMessage({ type: 'SafeCommand', id: 'command-1', command_type: { action: 'Reboot' } }, host)
  await eventually(() => expect(send).toHaveBeenCalled())
  host.room = true
  part.onDrain?.(host)
  await eventually(() => expect(order).toEqual(['answer', 'reboot']))
  expect(started[0]?.[0]).toMatch(/systemctl|shutdown|reboot/)
})
