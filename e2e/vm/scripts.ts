import { setTimeout as delay } from 'node:timers/promises'
import type { Guest, ScriptExecution } from '@slipway/protocol'
import type { Lab } from './lab.ts'

const ended: readonly ScriptExecution['status'][] = ['SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED']

/** Saves a bash script for Linux and returns its id. */
export async function saveScript(lab: Lab, name: string, script: string): Promise<string> {
  const body = { name, os: ['linux' as const], shell: 'bash' as const, script }
  const saved = await lab.controlPlane.client.call('addScript', { body })
  return saved.id
}

/** Asks for one run of a saved script on one machine; returns the execution's id. */
export async function askForRun(
  lab: Lab,
  scriptId: string,
  machineId: string,
  more: {
    execution_type?: 'FIRST_BOOT'
    order?: number
    scheduled_for?: string
    repeat_interval_minutes?: number
    max_executions?: number
  } = {},
): Promise<string> {
  const body = { script_id: scriptId, machine_ids: [machineId], ...more }
  const { executions } = await lab.controlPlane.client.call('addScriptExecutions', { body })
  const [first] = executions
  if (!first) throw new Error('no execution was made')
  return first.id
}

/** Saves and runs a script once and waits for its end. */
export async function runOnce(lab: Lab, machineId: string, name: string, script: string): Promise<ScriptExecution> {
  return waitForEnd(lab, await askForRun(lab, await saveScript(lab, name, script), machineId))
}

/** Waits until the execution has ended. */
export function waitForEnd(lab: Lab, id: string, seconds = 120): Promise<ScriptExecution> {
  return waitForExecution(lab, id, ended, seconds)
}

/** Waits until the execution is in one of these states; unreachable for a moment is no verdict, the deadline is. */
export async function waitForExecution(
  lab: Lab,
  id: string,
  states: readonly ScriptExecution['status'][],
  seconds = 120,
): Promise<ScriptExecution> {
  let last: ScriptExecution | null = null
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(500)) {
    last = (await lab.controlPlane.client.call('getScriptExecution', { params: { id } }).catch(() => null)) ?? last
    if (last && states.includes(last.status)) return last
  }
  throw new Error(`execution ${id} is ${last?.status}, not ${states.join(' or ')}: ${JSON.stringify(last)}`)
}

/** What the execution has written to standard output until now. */
export async function readOutput(lab: Lab, id: string): Promise<string> {
  let text = ''
  const pieces = lab.controlPlane.client.stream('getScriptExecutionOutput', {
    params: { id },
    query: { stream: 'stdout' },
  })
  for await (const { data } of pieces) text += data
  return text
}

/** Waits until the guest's agent satisfies this. */
export async function waitForGuest(
  lab: Lab,
  id: string,
  holds: (guest: Guest) => boolean,
  seconds = 300,
): Promise<Guest> {
  let last: Guest | null = null
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(500)) {
    last = (await lab.controlPlane.client.call('getGuest', { params: { id } }).catch(() => null)) ?? last
    if (last && holds(last)) return last
  }
  throw new Error(`guest ${id} did not come to it: ${JSON.stringify(last)}`)
}
