import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  alternativeLayoutSchema,
  discoveryResponseSchema,
  progressSchema,
  type DiscoveryResponse,
} from '@slipway/protocol'
import { simpleConfig, startRack, startRegistryProxy, type Rack } from '@slipway/testing'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
let rack: Rack
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-e2e-'))
  rack = await startRack({ machines: 4, faults: ['disk-fail:sim-0004'] })
}, 120_000)

afterAll(async () => {
  await rack?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The command line as a user runs it, against the rack. */
async function slipway(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, SLIPWAY_URL: rack.url, SLIPWAY_TOKEN: rack.token, XDG_CONFIG_HOME: folder }
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const read = async (stream: AsyncIterable<Buffer>) => {
    let text = ''
    for await (const chunk of stream) text += chunk.toString()
    return text
  }
  const [out, err, code] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1))),
  ])
  return { code, out, err }
}

async function configFor(machine_id: string, image = rack.image): Promise<string> {
  const inventory = await rack.client.call('getMachineInventory', { params: { machine_id } })
  const file = join(folder, `${machine_id}.kdl`)
  writeFileSync(file, simpleConfig(inventory, image))
  return file
}

describe('the main job on a simulated rack', () => {
  it('answers the published discovery request from every machine in the live environment', async () => {
    const answers = await askByHand()
    expect(answers.map((answer) => answer.machine_id).toSorted()).toEqual([
      'sim-0001',
      'sim-0002',
      'sim-0003',
      'sim-0004',
    ])
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'available', address: '127.0.0.1', capabilities: ['zfs'] })
  })

  it('installs by HTTP alone, and a plain WebSocket client sees and replays the published events', async () => {
    const kdl = readFileSync(await configFor('sim-0001'), 'utf8')
    const claim = await post('/api/machines/sim-0001/claim', {})
    expect(claim.status).toBe(200)
    const second = await post('/api/machines/sim-0001/claim', {})
    expect(second).toMatchObject({
      status: 409,
      body: { error: { code: 'machine-claimed', details: { holder: 'admin' } } },
    })
    const plan = await post('/api/plans', { machine_id: 'sim-0001', kdl })
    const started = await post('/api/install', {
      machine_id: 'sim-0001',
      kdl,
      plan_sha256: plan.body.plan_sha256,
      claim_id: claim.body.claim_id,
    })
    expect(started.status).toBe(202)
    const id = String(started.body.installation_id)
    const live = await collectEvents(0, (event) => event.type === 'installation.completed')
    const types = new Set(live.filter((event) => event.data.installation_id === id).map((event) => event.type))
    expect([...types]).toEqual(
      expect.arrayContaining(['installation.started', 'installation.progress', 'installation.completed']),
    )
    const progress = await get(`/api/install/${id}/progress`)
    expect(progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
    const middle = live[Math.floor(live.length / 2)]?.seq ?? 0
    const replayed = await collectEvents(middle, (event) => event.type === 'installation.completed')
    expect(replayed[0]?.seq).toBeGreaterThan(middle)
    expect(live.filter((event) => event.type === 'installation.completed')).toHaveLength(1)
    const logs = await (await fetch(`${rack.url}/api/install/${id}/logs?level=info`, { headers: bearer() })).text()
    const lines = logs
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => line.seq)).toEqual(lines.map((line) => line.seq).toSorted((a, b) => a - b))
  }, 60_000)

  it('is still answered by all four after an installation, the new system saying that it is installed', async () => {
    const answers = await askByHand()
    const told = answers.map(({ machine_id, status }) => `${machine_id} ${status}`).toSorted()
    expect(told).toEqual(['sim-0001 installed', 'sim-0002 available', 'sim-0003 available', 'sim-0004 available'])
    const asSeen = async () => {
      await post('/api/discovery', {})
      return get('/api/machines/sim-0001')
    }
    await expect
      .poll(asSeen, { timeout: 15_000, interval: 1000 })
      .toMatchObject({ conflict: null, boot_id: answers.find(isFirst)?.boot_id })
  })

  it('explains a failing disk and ends the command with 1', async () => {
    const mirror = (await rack.client.call('getMachineInventory', { params: { machine_id: 'sim-0004' } })).disks.map(
      (disk) => disk.name,
    )
    const file = await configFor('sim-0004')
    const pool = `pool "rpool" {\n    vdev "mirror" { disks ${mirror
      .slice(0, 2)
      .map((name) => `"${name}"`)
      .join(' ')} }\n}\n`
    writeFileSync(file, readFileSync(file, 'utf8').replace(/filesystem "ext4" \{[^}]*\}\n/, pool))
    const done = await slipway('install', 'sim-0004', file)
    expect(done.code).toBe(1)
    expect(done.out).toMatch(/disk \w+ \(\w+\) does not answer/)
    expect(done.out).toMatch(/cure: Replace the disk/)
    await installAlternative(file, pool)
  }, 90_000)

  /** The error offers a layout of the disks that remain; written into the config as it stands, it installs. */
  async function installAlternative(file: string, failedPool: string): Promise<void> {
    const failed = (await collectEvents(0, ({ type }) => type === 'installation.failed')).at(-1)
    const { error } = progressSchema.parse(await get(`/api/install/${String(failed?.data.installation_id)}/progress`))
    expect(failed?.data.error).toEqual(error)
    const alternatives = error?.details['alternatives']
    const first = alternativeLayoutSchema.parse(Array.isArray(alternatives) ? alternatives[0] : null)
    expect(first.disks.map(({ serial }) => serial)).not.toContain(error?.details['serial'])
    expect(error?.cure).toContain(first.title)
    writeFileSync(file, readFileSync(file, 'utf8').replace(failedPool, first.kdl))
    const done = await slipway('install', 'sim-0004', file, '--yes')
    expect(done.out).toMatch(/100 % completed/)
    expect(done.code).toBe(0)
  }

  it('ends each refusal with its documented exit code', async () => {
    const broken = join(folder, 'broken.kdl')
    writeFileSync(broken, 'pool "rpool" { vdev "mirror" { disks "vda" } }\n')
    expect((await slipway('config', 'check', broken)).code).toBe(3)
    expect((await slipway('install', 'sim-0002', broken)).code).toBe(3)
    expect((await slipway('machines', 'show', 'nobody')).code).toBe(1)
    expect((await slipway('machines', 'lits')).code).toBe(2)
    await slipway('machines', 'claim', 'sim-0002')
    expect((await slipway('machines', 'claim', 'sim-0002')).code).toBe(4)
    expect((await slipway('machines', 'release', 'sim-0002', '--force')).code).toBe(0)
  }, 60_000)

  it('installs with the command line, and says how far it is in plain lines', async () => {
    const done = await slipway('install', 'sim-0003', await configFor('sim-0003'))
    expect(done.err).toBe('')
    expect(done.out).toMatch(/100 % completed/)
    expect(done.out).toMatch(/confirmed by the new system’s first boot/)
    expect(done.code).toBe(0)
  }, 60_000)

  it('says what it tried when its registry is stopped in the middle of a pull', async () => {
    const { host, targetPort } = registryOf(rack.image)
    const proxy = await startRegistryProxy({ targetPort })
    const held = proxy.holdBlobs(1024 * 1024) // a fast computer would have the whole image before the stop
    const file = await configFor('sim-0002', rack.image.replace(host, proxy.host))
    const { out } = await slipway('install', 'sim-0002', file, '--detach')
    const id = out.trim()
    await held.reached
    await proxy.close()
    await collectEvents(0, (event) => event.type === 'installation.failed' && event.data.installation_id === id)
    const progress = progressSchema.parse(await get(`/api/install/${id}/progress`))
    expect(progress).toMatchObject({ status: 'failed', error: { code: 'registry-unreachable', kind: 'network' } })
    expect(progress.error?.details).toMatchObject({ stopped_at: 'tcp', sources: [{ tries: expect.any(Number) }] })
    expect(progress.error?.cure).toMatch(/It stopped at tcp: .*ECONNREFUSED/)
  }, 90_000)
})

function registryOf(image: string): { host: string; targetPort: number } {
  const { host, port } = new URL(image.replace('oci:', 'http:'))
  return { host, targetPort: Number(port) }
}

function isFirst(answer: DiscoveryResponse): boolean {
  return answer.machine_id === 'sim-0001'
}

interface WireEvent {
  seq: number
  type: string
  data: Record<string, unknown>
}

const bearer = () => ({ authorization: `Bearer ${rack.token}` })

async function get(path: string): Promise<unknown> {
  return (await fetch(`${rack.url}${path}`, { headers: bearer() })).json()
}

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { ...bearer(), 'content-type': 'application/json' }
  const response = await fetch(`${rack.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> } // the test looks at single members
}

/** Node's own WebSocket takes headers in its second argument, as undici documents; browsers use the cookie. */
function collectEvents(after: number, isLast: (event: WireEvent) => boolean): Promise<WireEvent[]> {
  const options = { headers: bearer() } as unknown as string[] // the DOM's type knows only sub-protocols
  const socket = new WebSocket(`${rack.url.replace('http', 'ws')}/api/events?after=${after}`, options)
  const events: WireEvent[] = []
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      const event = JSON.parse(String(data)) as WireEvent
      events.push(event)
      if (!isLast(event)) return
      socket.close()
      resolve(events)
    })
    socket.addEventListener('error', () => reject(new Error('the event stream broke')))
  })
}

/** As `python3` or `socat` would send it: multicast over loopback, answers to the asking socket. */
async function askByHand(): Promise<DiscoveryResponse[]> {
  const socket = createSocket('udp4')
  const answers: DiscoveryResponse[] = []
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.setMulticastInterface('127.0.0.1')
  const all = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${answers.length} answers`)), 10_000)
    socket.on('message', (bytes) => {
      answers.push(discoveryResponseSchema.parse(JSON.parse(bytes.toString())))
      if (answers.length < 4) return
      clearTimeout(timer)
      resolve()
    })
  })
  socket.send(
    '{"type":"discovery_request","timestamp":"2024-12-09T10:30:00Z","client_id":"ui-session-12345"}',
    rack.discoveryPort,
    '239.255.255.250',
  )
  await all.finally(() => socket.close())
  return answers
}
