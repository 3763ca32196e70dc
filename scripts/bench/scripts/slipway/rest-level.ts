import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@slipway/client'
import type { ScriptExecution } from '@slipway/protocol'
import type { Contender, Outcome, RunOptions } from '../contender.ts'
import { startRelay } from '../start-relay.ts'
import { until } from '../until.ts'
import type { AgentProgram } from './agent-program.ts'
import { startAgent } from './start-agent.ts'
import { startInstcomd } from './start-instcomd.ts'

const machineId = 'bench-rest'

/** The whole product: instcomd with PostgreSQL, a relay in QEMU's place, the agent; asked over REST. */
export async function startRestLevel(folder: string, program: AgentProgram): Promise<Contender> {
  const sockets = join(folder, 'sockets')
  mkdirSync(sockets)
  const guest = join(folder, 'rest.guest')
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const each of stops.toReversed()) await each()
  }
  try {
    const { child, client } = await startInstcomd(join(folder, 'instcomd'), sockets)
    stops.push(() => child.stop())
    const relay = await startRelay(join(sockets, `${machineId}.socket`), guest)
    stops.push(() => relay.stop())
    await client.call('addMachine', { body: { kind: 'virtual', id: machineId, name: machineId } })
    const agent = startAgent(program, { folder: join(folder, 'rest'), vmId: machineId, socket: guest })
    stops.push(() => agent.stop())
    await until('the agent’s link to instcomd', agent, async () => {
      const { state } = await client.call('getGuest', { params: { id: machineId } })
      return state === 'connected' ? true : null
    })
    return makeContender({ program, client, agentPid: agent.pid, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

function makeContender(parts: {
  program: AgentProgram
  client: Client
  agentPid: number
  stop: () => Promise<void>
}): Contender {
  const { program, client, agentPid, stop } = parts
  const scripts = new Map<string, Promise<string>>()
  const scriptId = (text: string) => {
    const known = scripts.get(text) ?? addScript(client, text, scripts.size)
    scripts.set(text, known)
    return known
  }
  return {
    name: 'slipway REST',
    title: `instcomd with its own PostgreSQL (fsync on), a relay in QEMU's place, ${program.title}; unsigned link`,
    commands: [
      'instcomd --data-dir DIR --set guests.socket_dir=DIR',
      'POST /api/script-executions, GET /api/script-executions/ID/output?follow=true to its end, GET /api/script-executions/ID',
    ],
    agentPid,
    streams: true,
    async run(script, options) {
      const script_id = await scriptId(script)
      const body = { script_id, machine_ids: [machineId] }
      const { executions } = await client.call('addScriptExecutions', { body })
      const id = executions[0]?.id ?? ''
      return follow(client, id, options)
    },
    stop,
  }
}

async function addScript(client: Client, script: string, index: number): Promise<string> {
  const body = { name: `bench ${index}`, os: ['linux' as const], shell: 'bash' as const, script }
  return (await client.call('addScript', { body })).id
}

/** The output's stream ends when the execution has ended; asking again and again instead would slow down what is measured. */
async function follow(client: Client, id: string, { signal, onOutput }: RunOptions): Promise<Outcome> {
  const output: string[] = []
  const wish = { params: { id }, query: { follow: 'true' as const }, signal }
  for await (const { data } of client.stream('getScriptExecutionOutput', wish)) {
    output.push(data)
    onOutput?.(data)
  }
  return { ...outcomeOf(await client.call('getScriptExecution', { params: { id }, signal })), output }
}

function outcomeOf(execution: ScriptExecution): Omit<Outcome, 'output'> {
  const { id, status, exit_code: exitCode, truncated, error } = execution
  if (status !== 'SUCCESS') throw new Error(`execution ${id} ended as ${status}: ${error ?? 'no reason given'}`)
  return { exitCode, truncated }
}
