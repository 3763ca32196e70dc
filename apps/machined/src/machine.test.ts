import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '@slipway/base'
import {
  certificateName,
  discoveryResponseSchema,
  inventorySchema,
  machineEventSchema,
  type DiscoveryResponse,
  type EnrolmentFile,
  type MachineEvent,
} from '@slipway/protocol'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectAs, enrolAs, faultOf, type MachinedClient } from './testing/connect-as.ts'
import { makeTestCa, type Issued, type TestCa } from './testing/test-ca.ts'
import { installRequest, smallLayers, smallPlan } from './testing/small-plan.ts'
import { startSmallMachine, testGroup, type SmallMachine } from './testing/start-small-machine.ts'

const secret = 'S'.repeat(40)
const instcomdUri = certificateName.instcomd('one')
let ca: TestCa
let instcomd: Issued
let file: EnrolmentFile
const open: { stop(): Promise<void> }[] = []
const clients: MachinedClient[] = []

beforeAll(async () => {
  ca = await makeTestCa()
  instcomd = await ca.issue(instcomdUri)
  file = { ca_pem: ca.caPem, token: `swe_abcdefgh_${secret}`, instcomd: [] }
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const thing of open.splice(0)) await thing.stop()
})

async function start(options: Parameters<typeof startSmallMachine>[0] = {}): Promise<SmallMachine> {
  const small = await startSmallMachine(options)
  open.push(small)
  return small
}

function dial(small: SmallMachine, issued: Issued | null): MachinedClient {
  const client = connectAs(small.machine.port, issued)
  clients.push(client)
  return client
}

const machinePem = (small: SmallMachine) => readFile(join(small.dataDir, 'self-signed.pem'), 'utf8')

async function enrolled(small: SmallMachine, using = secret): Promise<MachinedClient> {
  const client = dial(small, null)
  await enrolAs({ client, ca, instcomd, secret: using, machinePem: await machinePem(small) })
  return dial(small, instcomd)
}

async function ask(port: number, request: object): Promise<{ response: DiscoveryResponse; from: string }> {
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<{ response: DiscoveryResponse; from: string }>()
  socket.on('message', (data, from) => {
    try {
      resolve({ response: discoveryResponseSchema.parse(JSON.parse(data.toString())), from: from.address })
    } catch (error) {
      reject(error)
    }
  })
  socket.bind(0, '127.0.0.1', () => {
    socket.setMulticastInterface('127.0.0.1')
    socket.setMulticastTTL(1)
    socket.send(JSON.stringify(request), port, testGroup)
  })
  return promise.finally(() => socket.close())
}

describe('discovery', () => {
  it('answers the published request by multicast with a signed published response', async () => {
    const small = await start({ enrolment: file })
    const request = { type: 'discovery_request', timestamp: '2024-12-09T10:30:00Z', client_id: 'ui-session-12345' }
    const { response } = await ask(small.discoveryPort, { ...request, nonce: 'n-1', mx: 0 })
    expect(response).toMatchObject({
      type: 'discovery_response',
      machine_id: 'sim-test',
      hostname: 'small.local',
      address: '127.0.0.1',
      status: 'available',
      specs: { cpu_cores: 4, memory_gb: 8, storage_gb: 40, network_interfaces: 1 },
      capabilities: ['zfs'],
      nonce: 'n-1',
      port: small.machine.port,
      boot_id: 'boot-1',
    })
    const certificate = new X509Certificate(await machinePem(small))
    expect(response.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
    const { signature = '', ...unsigned } = response
    const key = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }))
    expect(verify(null, Buffer.from(canonicalJson(unsigned)), key, Buffer.from(signature, 'base64'))).toBe(true)
    const forged = canonicalJson({ ...unsigned, address: '192.0.2.1' })
    expect(verify(null, Buffer.from(forged), key, Buffer.from(signature, 'base64'))).toBe(false)
  })

  it('leaves the nonce out when the asker knows only the published fields', async () => {
    const small = await start({ enrolment: file })
    const { response } = await ask(small.discoveryPort, { type: 'discovery_request', timestamp: 't', client_id: 'c' })
    expect(response.nonce).toBeUndefined()
  })
})

describe('who is obeyed', () => {
  it('refuses every call but Enroll before enrolment, with any certificate', async () => {
    const small = await start({ enrolment: file })
    for (const client of [dial(small, null), dial(small, instcomd)]) {
      expect((await faultOf(client.getSystemInfo({}))).code).toBe('certificate-refused')
      expect((await faultOf(client.claim({ claim: { claimId: 'a', fence: 1n }, ttlSeconds: 300 }))).code).toBe(
        'certificate-refused',
      )
    }
  })

  it('enrols with the token of its live medium and serves the certificate it got', async () => {
    const small = await start({ enrolment: file })
    const before = small.machine.fingerprint()
    const client = await enrolled(small)
    const inventory = inventorySchema.parse(JSON.parse((await client.getSystemInfo({})).inventoryJson))
    expect(inventory.machine_id).toBe('sim-test')
    expect(small.machine.fingerprint()).not.toBe(before)
    expect(small.machine.isEnrolled()).toBe(true)
  })

  it.each([
    ['a wrong token', { secret: 'T'.repeat(40) }, 'enrolment-refused'],
    ['a certificate for another machine', { handOver: { uri: 'slipway:machine/other' } }, 'certificate-refused'],
  ])('does not enrol with %s', async (_name, changes, code) => {
    const small = await start({ enrolment: file })
    const client = dial(small, null)
    const pem = await machinePem(small)
    const fault = await faultOf(enrolAs({ client, ca, instcomd, secret, machinePem: pem, ...changes }))
    expect(fault.code).toBe(code)
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('does not enrol with an instcomd of another CA, even one that knows the token', async () => {
    const small = await start({ enrolment: file })
    const other = await makeTestCa()
    const impostor = await other.issue(instcomdUri)
    const input = {
      client: dial(small, null),
      ca: other,
      instcomd: impostor,
      secret,
      machinePem: await machinePem(small),
    }
    expect((await faultOf(enrolAs(input))).code).toBe('certificate-refused')
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('with a code, does not take a CA that did not sign the proven certificate', async () => {
    const small = await start()
    const other = await makeTestCa()
    const code = (small.code() ?? '').replaceAll('-', '')
    const input = { client: dial(small, null), ca, instcomd, secret: code, machinePem: await machinePem(small) }
    expect((await faultOf(enrolAs({ ...input, handOver: { caPem: other.caPem } }))).code).toBe('certificate-refused')
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('enrols with the code on its console, which is gone then', async () => {
    const small = await start()
    const code = small.code()
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/)
    await enrolled(small, code?.replaceAll('-', '') ?? '')
    expect(small.machine.isEnrolled()).toBe(true)
    expect(small.code()).toBeNull()
  })

  it('shows a new code after five wrong tries, and the old one is worth nothing', async () => {
    const small = await start()
    const code = small.code() ?? ''
    const machine = await machinePem(small)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(small.code()).toBe(code)
      const wrong = { client: dial(small, null), ca, instcomd, secret: 'WRONG', machinePem: machine }
      expect((await faultOf(enrolAs(wrong))).code).toBe('enrolment-refused')
    }
    expect(small.code()).not.toBe(code)
    const late = { client: dial(small, null), ca, instcomd, secret: code.replaceAll('-', ''), machinePem: machine }
    expect((await faultOf(enrolAs(late))).code).toBe('enrolment-refused')
  })

  it('obeys only certificates of its CA that name an instcomd', async () => {
    const small = await start({ enrolment: file })
    await enrolled(small)
    const other = await makeTestCa()
    const refused: readonly (readonly [string, Issued | null])[] = [
      ['no certificate', null],
      ['another CA', await other.issue(instcomdUri)],
      ['the name of a machine', await ca.issue(certificateName.machine('sim-test'))],
      ['the name of an agent', await ca.issue(certificateName.agent('instcomd'))],
      ['an expired one', await ca.issue(instcomdUri, { notAfter: new Date(Date.now() - 1000) })],
      ['one for servers alone', await ca.issue(instcomdUri, { usage: 'server' })],
    ]
    for (const [name, issued] of refused) {
      const { code } = await faultOf(dial(small, issued).getSystemInfo({}))
      expect([name, code]).toEqual([name, 'certificate-refused'])
    }
    const second = await ca.issue(certificateName.instcomd('two'))
    expect((await dial(small, second).getSystemInfo({})).inventoryJson).toContain('sim-test')
  })

  it('keeps the pinned CA over a restart of machined, and forgets it with a new boot', async () => {
    const small = await start({ enrolment: file })
    await enrolled(small)
    await small.machine.stop()
    const again = await start({ enrolment: file, dataDir: small.dataDir, host: small.host })
    expect(again.machine.isEnrolled()).toBe(true)
    await again.machine.stop()
    small.host.inventory = { ...small.host.inventory, boot_id: 'boot-2' }
    const rebooted = await start({ enrolment: file, dataDir: small.dataDir, host: small.host })
    expect(rebooted.machine.isEnrolled()).toBe(false)
  })
})

describe('an installation over the control channel', () => {
  it('is claimed, started, watched to its end, and reboots the machine', async () => {
    const small = await start({ enrolment: file })
    const client = await enrolled(small)
    const claim = { claimId: 'clm_1', fence: 1n }
    await client.claim({ claim, holder: 'alice', ttlSeconds: 300 })
    expect(small.machine.status()).toBe('claimed')
    const plan = smallPlan(small.host.inventory, smallLayers(2))
    const { installationId, planJson, planSha256, contextJson } = await installRequest(plan)
    const stale = { claimId: 'clm_0', fence: 1n }
    const request = { installationId, planJson, planSha256, contextJson }
    expect((await faultOf(client.startInstall({ ...request, claim: stale }))).code).toBe('claim-stale')
    await client.startInstall({ ...request, claim })
    const events = await watch(client, installationId)
    expect(events.at(-1)).toMatchObject({ type: 'ended', outcome: 'rebooting', error: null })
    expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index + 1))
    expect(events.filter((event) => event.type === 'step-ended').map((event) => event.step_id)).toEqual(
      plan.steps.map((step) => step.id),
    )
    expect(await watch(client, installationId, events.length - 3)).toEqual(events.slice(-3))
    await expect.poll(() => small.host.reboots).toBe(1)
    expect((await faultOf(client.startInstall({ ...request, claim }))).code).toBe('installation-terminal')
    const lower = { claimId: 'clm_1', fence: 0n }
    expect((await faultOf(client.cancelInstall({ claim: lower, installationId }))).code).toBe('invalid-request')
  })
})

async function watch(client: MachinedClient, installationId: string, after = 0): Promise<MachineEvent[]> {
  const events: MachineEvent[] = []
  for await (const { eventJson } of client.watchInstall({ installationId, afterSeq: BigInt(after) })) {
    events.push(machineEventSchema.parse(JSON.parse(eventJson)))
  }
  return events
}
