import { followEvents, type Client } from '@slipway/client'
import type { Event } from '@slipway/protocol'
import { simpleConfig, type Server } from '@slipway/testing'
import { expect } from 'vitest'

const terminal = /^installation\.(completed|failed|cancelled|rolled-back)$/

/** Claims nothing and confirms everything: the shortest way to an installation that runs; returns its id. */
export async function beginInstallation(client: Client, machine_id: string, image: string): Promise<string> {
  const kdl = await configFor(client, machine_id, image)
  const { plan_sha256 } = await client.call('makePlan', { body: { machine_id, kdl } })
  const { installation_id } = await client.call('install', { body: { machine_id, kdl, plan_sha256 } })
  return installation_id
}

/** The simple config for a machine as the server knows it. */
export async function configFor(client: Client, machine_id: string, image: string): Promise<string> {
  return simpleConfig(await client.call('getMachineInventory', { params: { machine_id } }), image)
}

/** Every event that there is; a claim on a machine with nothing to do marks where now is. */
export async function allEvents(client: Client, idleMachine: string): Promise<Event[]> {
  const params = { machine_id: idleMachine }
  const { claim_id } = await client.call('claimMachine', { params, body: {} })
  await client.call('releaseClaim', { params, body: { claim_id } })
  const events: Event[] = []
  for await (const event of followEvents(client, { after: 0, signal: AbortSignal.timeout(30_000) })) {
    events.push(event)
    if (event.type === 'machines.claimed' && JSON.stringify(event.data).includes(claim_id)) break
    if (event.type === 'machines.released' && event.data.machine_id === idleMachine) break
  }
  return events
}

/** machines.md: whatever was interrupted, each step began once and ended once, no log line is lost, and there is one end. */
export async function expectWhole(server: Server, installationId: string, idleMachine: string): Promise<Event[]> {
  const all = await allEvents(server.client, idleMachine)
  const events = all.filter(({ data }) => data.installation_id === installationId)
  const steps = events.filter(({ type }) => type === 'installation.step')
  for (const outcome of ['running', 'done']) {
    const times = Map.groupBy(
      steps.filter(({ data }) => data.outcome === outcome),
      ({ data }) => data.step_id,
    )
    expect(times.size).toBeGreaterThan(3)
    for (const [step, seen] of times) expect([step, outcome, seen.length]).toEqual([step, outcome, 1])
  }
  const params = { id: installationId }
  const timeline = await server.client.call('getTimeline', { params })
  for (const step of timeline.steps)
    expect(step).toMatchObject({ outcome: 'done', started_at: expect.any(String), ended_at: expect.any(String) })
  expect(events.filter(({ type }) => terminal.test(type)).map(({ type }) => type)).toEqual(['installation.completed'])
  const percents = events.filter(({ type }) => type === 'installation.progress').map(({ data }) => Number(data.percent))
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  const progress = await server.client.call('getProgress', { params })
  expect(progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
  return all
}
