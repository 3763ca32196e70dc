import { createSocket } from 'node:dgram'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFault, silentLogger } from '@slipway/base'
import {
  discoveryResponseSchema,
  inventorySchema,
  machineEventSchema,
  type DiscoveryResponse,
  type InstallContext,
  type JournalEntry,
  type MachineEvent,
  type Plan,
} from '@slipway/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectAs, type MachinedClient } from '../testing/connect-as.ts'
import { serveSmallImage, type SmallImage } from '../testing/small-image.ts'
import { installRequest, planOf, pullSteps, smallContext } from '../testing/small-plan.ts'
import { boundaries } from '../testing/start-small-installations.ts'
import { startTestInstcomd, type TestInstcomd } from '../testing/test-instcomd.ts'
import { startRack, type Rack, type RackLine } from './rack.ts'
import { parseSimulateOptions } from './simulate-options.ts'

const secret = 'S'.repeat(40)
let small: SmallImage
let instcomd: TestInstcomd
let rack: Rack | null = null
const clients: MachinedClient[] = []

beforeAll(async () => {
  small = await serveSmallImage()
  instcomd = await startTestInstcomd(secret)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await rack?.stop()
  rack = null
  instcomd.enrolled.clear()
  instcomd.booted.length = 0
})

afterAll(async () => {
  await small.registry.close()
  await instcomd.close()
})

async function start(flags: readonly string[], dataDir?: string): Promise<{ lines: RackLine[]; dataDir: string }> {
  const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-rack-')))
  const enrolment = join(dir, 'enrolment.json')
  const file = { ca_pem: instcomd.ca.caPem, token: `swe_abcdefgh_${secret}`, instcomd: [instcomd.url] }
  await writeFile(enrolment, JSON.stringify(file))
  const port = String(await freeUdpPort())
  const argv = [
    '--data-dir',
    dir,
    '--enrolment',
    enrolment,
    '--discovery-port',
    port,
    '--group',
    '239.192.76.89',
    ...flags,
  ]
  const lines: RackLine[] = []
  rack = await startRack(parseSimulateOptions(argv), { say: (line) => lines.push(line), loggerFor: () => silentLogger })
  return { lines, dataDir: dir }
}

/** Dials the machine where it registered for the n-th time. */
async function dial(machineId: string, times = 1): Promise<MachinedClient> {
  await expect.poll(() => instcomd.enrolled.get(machineId)?.times, { timeout: 10_000 }).toBe(times)
  await expect.poll(() => rack?.machines.some(({ machine }) => machine?.isEnrolled())).toBe(true)
  const client = connectAs(instcomd.enrolled.get(machineId)?.port ?? 0, instcomd.issued)
  clients.push(client)
  return client
}

function contextFor(plan: Plan, changes: Partial<InstallContext> = {}): InstallContext {
  const first_boot = {
    installation_id: 'ins_1',
    urls: [instcomd.url],
    token: 'one-time',
    ca_pem: instcomd.ca.caPem,
    boot_environment: plan.boot_environment,
  }
  return smallContext({ first_boot, ...changes })
}

async function planFor(client: MachinedClient): Promise<Plan> {
  return planOf(inventorySchema.parse(JSON.parse((await client.getSystemInfo({})).inventoryJson)), small.image)
}

/** Starts, and collects events until the last one or until the connection breaks. */
async function install(
  client: MachinedClient,
  fence: number,
  plan: Plan,
  context: InstallContext,
): Promise<MachineEvent[]> {
  const claim = { claimId: `clm_${fence}`, fence: BigInt(fence) }
  await client.claim({ claim, holder: 'test', ttlSeconds: 300 })
  const { installationId, ...request } = await installRequest(plan, context)
  await client.startInstall({ installationId, ...request, claim })
  return watch(client, installationId, context.last_seq)
}

async function watch(client: MachinedClient, installationId: string, after: number): Promise<MachineEvent[]> {
  const events: MachineEvent[] = []
  try {
    for await (const { eventJson } of client.watchInstall({ installationId, afterSeq: BigInt(after) })) {
      events.push(machineEventSchema.parse(JSON.parse(eventJson)))
    }
  } catch (error) {
    if (isFault(error)) throw error
  }
  return events
}

/** instcomd's journal as it would have it from these events. */
function journalOf(events: readonly MachineEvent[]): JournalEntry[] {
  const entries = new Map<string, JournalEntry>()
  for (const event of events) {
    if (event.type === 'step-started')
      entries.set(event.step_id, { step_id: event.step_id, outcome: 'running', error: null })
    if (event.type === 'step-ended')
      entries.set(event.step_id, { step_id: event.step_id, outcome: event.outcome, error: event.error })
  }
  return [...entries.values()]
}

describe('a rack', () => {
  it('says its binding first, then each machine in order', async () => {
    const { lines } = await start(['--machines', '3'])
    expect(lines[0]).toMatchObject({ type: 'discovery', interface: '127.0.0.1', loopback: true })
    expect(lines.slice(1, 4)).toMatchObject(
      ['sim-0001', 'sim-0002', 'sim-0003'].map((machine_id) => ({ type: 'machine', machine_id, address: '127.0.0.1' })),
    )
    await expect.poll(() => instcomd.enrolled.size, { timeout: 10_000 }).toBe(3)
  })

  it('installs a machine from a real registry, which boots from its disk and reports', async () => {
    const { dataDir } = await start(['--machines', '1'])
    const client = await dial('sim-0001')
    const plan = await planFor(client)
    const events = await install(client, 1, plan, contextFor(plan))
    expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: 'rebooting', error: null })
    await expect
      .poll(() => instcomd.booted, { timeout: 10_000 })
      .toMatchObject([
        { installationId: 'ins_1', report: { token: 'one-time', boot_environment: plan.boot_environment } },
      ])
    const host = rack?.machines[0]?.host
    expect(host?.bootReport().system).toBe('installed')
    expect(rack?.machines[0]?.machine).toBeNull()

    await rack?.stop()
    const again = await start(['--machines', '1'], dataDir)
    expect(again.lines[1]).toMatchObject({ type: 'installed', machine_id: 'sim-0001' })
    expect(instcomd.booted).toHaveLength(1)
    const answer = await askOnce(again.lines[0])
    expect(answer).toMatchObject({ machine_id: 'sim-0001', status: 'installed', signature: expect.any(String) })
    expect(answer.port).toBeUndefined()
    expect(answer.boot_id).toBe(rack?.machines[0]?.host.bootReport().boot_id)
  })

  it.each(['create-pool', 'pull-layer', 'apply-sysconfig', 'install-bootloader', 'export-pool'])(
    'survives a power cut at %s: the same installation completes, each step once',
    async (place) => {
      await start(['--machines', '1', '--fault', `power-cut:sim-0001@${place}`])
      const client = await dial('sim-0001')
      const plan = await planFor(client)
      const before = await install(client, 1, plan, contextFor(plan))
      expect(before.at(-1)?.type).not.toBe('ended')

      const again = await dial('sim-0001', 2)
      const context = contextFor(plan, { journal: journalOf(before), last_seq: before.at(-1)?.seq ?? 0 })
      const after = await install(again, 2, plan, context)
      const all = [...before, ...after]
      expect(all.map((event) => event.seq)).toEqual(all.map((_event, index) => index + 1))
      expect(boundaries(all)).toEqual(plan.steps.flatMap((step) => [`start ${step.id}`, `done ${step.id}`]))
      expect(all.filter((event) => event.type === 'ended')).toMatchObject([{ outcome: 'rebooting' }])
      await expect.poll(() => instcomd.booted.length, { timeout: 10_000 }).toBe(1)
    },
    60_000,
  )

  it('takes everything back after a power cut: the disks end empty', async () => {
    await start(['--machines', '1', '--fault', 'power-cut:sim-0001@install-bootloader'])
    const client = await dial('sim-0001')
    const plan = await planFor(client)
    const before = await install(client, 1, plan, contextFor(plan))
    const again = await dial('sim-0001', 2)
    const context = contextFor(plan, { journal: journalOf(before), last_seq: before.at(-1)?.seq ?? 0 })
    const claim = { claimId: 'clm_2', fence: 2n }
    await again.claim({ claim, holder: 'test', ttlSeconds: 300 })
    const { installationId, ...request } = await installRequest(plan, context)
    await again.rollbackInstall({ installationId, ...request, claim })
    const after = await watch(again, installationId, context.last_seq)
    expect(after.at(-1)).toMatchObject({ type: 'ended', outcome: 'rolled-back', error: null })
    const state = rack?.machines[0]?.host.state()
    expect(state?.pools).toEqual({})
    expect(state?.mounts).toEqual([])
    for (const disk of Object.values(state?.disks ?? {})) expect(disk.partitions).toEqual([])
  })

  it('fails with the cure where a disk dies', async () => {
    await start(['--machines', '1', '--fault', 'disk-fail:sim-0001'])
    const client = await dial('sim-0001')
    const plan = await planFor(client)
    const events = await install(client, 1, plan, contextFor(plan))
    expect(events.at(-1)).toMatchObject({
      type: 'ended',
      outcome: 'failed',
      error: { kind: 'disk', code: 'disk-failed' },
    })
  })

  it('shows the registry’s own error where the registry is gone', async () => {
    const gone = await serveSmallImage()
    await start(['--machines', '1'])
    const client = await dial('sim-0001')
    const inventory = inventorySchema.parse(JSON.parse((await client.getSystemInfo({})).inventoryJson))
    const plan = planOf(inventory, gone.image)
    await gone.registry.close()
    const events = await install(client, 1, plan, contextFor(plan))
    const [first] = pullSteps(plan)
    expect(events.at(-1)).toMatchObject({
      outcome: 'failed',
      error: { code: 'registry-unreachable', kind: 'network', details: { step: first?.id } },
    })
  }, 60_000)
})

/** The published request, sent by multicast over loopback; resolves with the first answer. */
async function askOnce(discovery: RackLine | undefined): Promise<DiscoveryResponse> {
  if (discovery?.type !== 'discovery') throw new Error('the rack did not say where it answers')
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<DiscoveryResponse>()
  socket.on('message', (data) => {
    try {
      resolve(discoveryResponseSchema.parse(JSON.parse(data.toString())))
    } catch (error) {
      reject(error)
    }
  })
  socket.bind(0, '127.0.0.1', () => {
    socket.setMulticastInterface('127.0.0.1')
    const request = { type: 'discovery_request', timestamp: '2024-12-09T10:30:00Z', client_id: 'by-hand' }
    socket.send(JSON.stringify(request), discovery.port, discovery.group)
  })
  return promise.finally(() => socket.close())
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
