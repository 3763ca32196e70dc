import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine } from '@slipway/protocol'
import { freePorts, startServer, waitFor, type Server } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const machinedMain = join(import.meta.dirname, '../apps/machined/src/main.ts')
let folder: string
let server: Server
let discoveryPort = 0
const machines: Machined[] = []

/** One machined as a process of its own, as in the live environment; its disks are simulated. */
interface Machined {
  readonly port: number
  /** The codes that the console has shown, oldest first. */
  codes(): string[]
  said(): string
  stop(): Promise<void>
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-enrolment-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  ;[discoveryPort = 0] = await freePorts(1)
  server = await startServer({ dataDir: join(folder, 'server'), discoveryPort })
})

afterEach(async () => {
  for (const machined of machines.splice(0)) await machined.stop()
})

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Always the same machine: its key stays from boot to boot. */
async function startMachined(flags: Readonly<Record<string, string | number>>): Promise<Machined> {
  const [port = 0] = await freePorts(1)
  const all = { host: 'simulated', 'data-dir': join(folder, 'machine'), listen: `127.0.0.1:${port}`, ...flags }
  const argv = Object.entries(all).flatMap(([flag, value]) => [`--${flag}`, String(value)])
  const child = spawn(process.execPath, [machinedMain, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const gone = once(child, 'close')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const machined: Machined = {
    port,
    codes: () => [...said.matchAll(/"type":"code".*?"code":"([0-9A-Z-]+)"/g)].map(([, code]) => code ?? ''),
    said: () => said,
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
  }
  machines.push(machined)
  const isReady = async () => (said.includes('"type":"ready"') ? true : null)
  await waitFor('machined', isReady, { explain: () => said, isHopeless: () => child.exitCode !== null })
  return machined
}

async function machineThat(what: string, is: (machine: Machine) => boolean): Promise<Machine> {
  return waitFor(
    `a machine that ${what}`,
    async () => (await server.client.call('listMachines', { query: { limit: 500 } })).items.find(is) ?? null,
    { explain: () => [server.said(), ...machines.map((machined) => machined.said())].join('\n') },
  )
}

const claim = (machine_id: string, code?: string) =>
  server.client.call('claimMachine', { params: { machine_id }, body: code === undefined ? {} : { code } })

/** Another code of the same shape; its first character alone differs. */
function wrongCode(code: string): string {
  return `${code.startsWith('0') ? '1' : '0'}${code.slice(1)}`
}

describe('a machine from other media, which shows a code', () => {
  it('is discovered, refuses to be claimed without the code, counts wrong ones, and shows a new one after five', async () => {
    const machined = await startMachined({ 'discovery-port': discoveryPort })
    const [first = ''] = machined.codes()
    expect(first).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    const { machine_id } = await machineThat('waits for its code', ({ enrolment }) => enrolment === 'code')
    await expect(claim(machine_id)).rejects.toMatchObject({
      code: 'machine-not-enrolled',
      message: expect.stringContaining('claim it with the code on its console'),
    })

    for (const left of [4, 3, 2, 1]) {
      await expect(claim(machine_id, wrongCode(first))).rejects.toMatchObject({
        code: 'enrolment-refused',
        message: expect.stringContaining(`${left} tr`),
      })
    }
    expect(machined.codes()).toEqual([first])
    await expect(claim(machine_id, wrongCode(first))).rejects.toMatchObject({
      code: 'enrolment-refused',
      message: expect.stringContaining('shows a new one'),
    })
    const second = await waitFor('a new code', async () => machined.codes()[1] ?? null, { explain: machined.said })
    expect(second).not.toBe(first)
    await expect(claim(machine_id, first)).rejects.toMatchObject({ code: 'enrolment-refused' })
    expect((await server.client.call('getMachine', { params: { machine_id } })).enrolment).toBe('code')

    // As people type it: small letters, a space for a dash.
    const granted = await claim(machine_id, ` ${second.toLowerCase().replaceAll('-', ' ')} `)
    expect(granted).toMatchObject({ holder: 'admin', fence: expect.any(Number) })
    const machine = await machineThat(
      'is enrolled',
      (one) => one.machine_id === machine_id && one.enrolment === 'enrolled',
    )
    expect(machine).toMatchObject({ status: 'claimed', conflict: null })
    const inventory = await server.client.call('getMachineInventory', { params: { machine_id } })
    expect(inventory.machine_id).toBe(machine_id)
    const params = { machine_id }
    await server.client.call('releaseClaim', { params, body: { claim_id: granted.claim_id } })
    await expect(claim(machine_id)).resolves.toMatchObject({ holder: 'admin' })
    await server.client.call('releaseClaim', { params, body: { force: true } })
  })

  it('wants a new code after its next boot', async () => {
    const machined = await startMachined({ 'discovery-port': discoveryPort })
    const [code = ''] = machined.codes()
    expect(code).not.toBe('')
    const { machine_id } = await machineThat('waits for its code again', ({ enrolment }) => enrolment === 'code')
    await claim(machine_id, code)
    await expect(claim(machine_id, code)).rejects.toMatchObject({ code: 'machine-claimed' })
    await server.client.call('releaseClaim', { params: { machine_id }, body: { force: true } })
  })

  it('is entered by address where no multicast reaches it', async () => {
    const [elsewhere = 0] = await freePorts(1)
    const machined = await startMachined({ 'discovery-port': elsewhere })
    const entered = await server.client.call('addMachine', { body: { address: '127.0.0.1', port: machined.port } })
    expect(entered).toMatchObject({ enrolment: 'code', port: machined.port })
    await claim(entered.machine_id, machined.codes()[0])
    await server.client.call('releaseClaim', { params: { machine_id: entered.machine_id }, body: { force: true } })
  })
})

describe('a machine that was told instcomd=https://…', () => {
  /** As the live medium carries it, but without an address: that comes from the kernel's arguments. */
  async function enrolmentFile(): Promise<{ file: string; url: string }> {
    const made = await server.client.call('createEnrolmentToken', { body: { ttl_seconds: 3600, max_machines: 10 } })
    const file = join(folder, 'enrolment.json')
    writeFileSync(file, JSON.stringify({ token: made.token, ca_pem: made.ca_pem, instcomd: [] }), { mode: 0o600 })
    return { file, url: made.instcomd[0] ?? '' }
  }

  it('registers itself where no multicast reaches it, and again after a reboot', async () => {
    const { file, url } = await enrolmentFile()
    const [elsewhere = 0] = await freePorts(1)
    const flags = { 'discovery-port': elsewhere, enrolment: file, instcomd: url }
    const first = await startMachined(flags)
    const isAt = (port: number) => (machine: Machine) => machine.port === port && machine.enrolment === 'enrolled'
    const { machine_id, boot_id } = await machineThat('registered itself', isAt(first.port))
    await expect(claim(machine_id)).resolves.toMatchObject({ holder: 'admin' })
    await server.client.call('releaseClaim', { params: { machine_id }, body: { force: true } })

    await first.stop()
    machines.length = 0
    const second = await startMachined(flags)
    const again = await machineThat('registered itself again', isAt(second.port))
    expect(again.machine_id).toBe(machine_id)
    expect(again.boot_id).not.toBe(boot_id)
    expect(again.conflict).toBeNull()
  })

  it('says why it cannot where its medium carries no token', async () => {
    const { url } = await enrolmentFile()
    const [elsewhere = 0] = await freePorts(1)
    const machined = await startMachined({ 'discovery-port': elsewhere, instcomd: url })
    expect(machined.said()).toMatch(/"level":"warn".*without an enrolment token/)
    expect(machined.codes()).toHaveLength(1)
  })
})
