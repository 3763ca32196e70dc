import type { AgentOutgoing, PendingScript } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import type { HostSession } from '../session/host-session.ts'
import { firstEcho, ModelScripts } from './model-scripts.ts'

const script = (execution_id: string, attempt = 1): PendingScript => ({
  execution_id,
  attempt,
  script_id: 's',
  script_name: 'Hello',
  script_content: '#!/bin/bash\n  echo "hello there"\necho no\n',
  shell: 'BASH',
  execution_type: 'ON_DEMAND',
  input_values: {},
  timeout_seconds: 60,
  run_as: null,
  env: {},
})

function makeGuest(durationMs = 0) {
  const started: string[] = []
  const said: AgentOutgoing[] = []
  let room = true
  const session: HostSession = {
    open: true,
    send: (message) => {
      if (room) said.push(message)
      return room
    },
  }
  const scripts = new ModelScripts({
    vmId: 'g',
    durationMs,
    onStarted: ({ execution_id, attempt }) => started.push(`${execution_id}/${attempt}`),
  })
  scripts.onOpen(session)
  return {
    scripts,
    session,
    started,
    setRoom: (has: boolean) => (room = has),
    say: (...list: PendingScript[]) => scripts.onMessage({ type: 'pending_scripts_response', scripts: list }),
    /** What was said since the last call. */
    types: () => said.splice(0).map(({ type }) => type),
    said: () => said.splice(0),
  }
}

const whole = ['script_accepted', 'script_started', 'script_output', 'script_completion']

describe('a modelled script', () => {
  it('is accepted, started, has output and ends, in this order', () => {
    const guest = makeGuest()
    expect(guest.types()).toEqual(['request_pending_scripts'])
    guest.say(script('one'))
    const said = guest.said()
    expect(said.map(({ type }) => type)).toEqual(whole)
    expect(said[2]).toMatchObject({ stream: 'stdout', seq: 1, data: 'hello there\n' })
    expect(said[3]).toMatchObject({ attempt: 1, exit_code: 0, stdout: 'hello there\n', stdout_bytes: 12 })
  })

  it('begins once for each attempt, and is told again when it comes again', () => {
    const guest = makeGuest()
    guest.types()
    guest.say(script('one'), script('one'), script('one', 2))
    expect(guest.types()).toEqual([...whole, ...whole, ...whole])
    guest.scripts.onMessage({ type: 'script_ack', execution_id: 'one', attempt: 1 })
    guest.say(script('one'))
    expect(guest.types()).toEqual(whole)
    expect(guest.started).toEqual(['one/1', 'one/2'])
  })

  it('is told again in the next session until it is acknowledged', () => {
    const guest = makeGuest()
    guest.say(script('one'), script('two'))
    guest.scripts.onMessage({ type: 'script_ack', execution_id: 'one', attempt: 1 })
    guest.scripts.onClose()
    guest.types()
    guest.scripts.onOpen(guest.session)
    expect(guest.types()).toEqual(['request_pending_scripts', ...whole])
    expect(guest.started).toEqual(['one/1', 'two/1'])
  })

  it('is told when the link has room again', () => {
    const guest = makeGuest()
    guest.types()
    guest.setRoom(false)
    guest.say(script('one'))
    expect(guest.types()).toEqual([])
    guest.setRoom(true)
    guest.scripts.onDrain()
    expect(guest.types()).toEqual(whole)
    expect(guest.started).toEqual(['one/1'])
  })

  it('takes its time where it is late, ends at its timeout, and is cancelled in between', () => {
    const guest = makeGuest(90_000)
    guest.types()
    guest.say(script('one'), script('two'))
    expect(guest.types()).not.toContain('script_completion')
    guest.scripts.onMessage({ type: 'cancel_script', execution_id: 'two' })
    expect(guest.said()).toMatchObject([{ execution_id: 'two', cancelled: true, not_started: false, exit_code: null }])
    guest.scripts.onMessage({ type: 'script_ack', execution_id: 'two', attempt: 1 })
    guest.scripts.tick(performance.now() + 61_000)
    expect(guest.said()).toMatchObject([{ execution_id: 'one', timed_out: true, exit_code: null }])
  })

  it('that is cancelled before it came is not begun when it comes', () => {
    const guest = makeGuest()
    guest.types()
    guest.scripts.onMessage({ type: 'cancel_script', execution_id: 'one', attempt: 1 })
    guest.say(script('one'))
    const said = guest.said()
    expect(said.map(({ type }) => type)).toEqual(['script_completion', 'script_completion'])
    expect(said[1]).toMatchObject({ cancelled: true, not_started: true })
    expect(guest.started).toEqual([])
  })
})

it.each([
  ['echo plain words\n', 'plain words\n'],
  ["set -e\necho 'quoted'\necho second", 'quoted\n'],
  ['Write-Output x', ''],
  ['@echo off\r\nECHO from cmd\r\n', 'from cmd\n'],
])('the first echo line of %j says %j', (content, output) => {
  expect(firstEcho(content)).toBe(output)
})
