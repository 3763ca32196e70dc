import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { canonicalJson } from '@slipway/base'
import {
  discoveryResponseSchema,
  Machined,
  machineEventSchema,
  planFindingSchema,
  type DiscoveryResponse,
  type MachineEvent,
} from '@slipway/protocol'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { machinePem, makeBench, type Bench } from './testing/bench.ts'
import { faultOf, type MachinedClient } from './testing/connect-as.ts'
import { installRequest, smallConfig, smallLayers, smallPlan } from './testing/small-plan.ts'
import { testGroup } from './testing/start-small-machine.ts'

let bench: Bench

beforeAll(async () => {
  bench = await makeBench()
})

afterEach(() => bench.close())

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
    const small = await bench.start({ enrolment: bench.file })
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
    const small = await bench.start({ enrolment: bench.file })
    const { response } = await ask(small.discoveryPort, { type: 'discovery_request', timestamp: 't', client_id: 'c' })
    expect(response.nonce).toBeUndefined()
  })
})

describe('an installation over the control channel', () => {
  it('is claimed, started, watched to its end, and reboots the machine', async () => {
    const small = await bench.start({ enrolment: bench.file })
    const client = await bench.enrolled(small)
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

describe('the other calls', () => {
  it('check a plan against the disks and the links, and touch nothing', async () => {
    const small = await bench.start({ enrolment: bench.file })
    const client = await bench.enrolled(small)
    const claim = { claimId: 'clm_1', fence: 1n }
    await client.claim({ claim, holder: 'alice', ttlSeconds: 300 })
    const { planJson, planSha256 } = await installRequest(smallPlan(small.host.inventory, smallLayers(1)))
    const addresses = [{ name: 'primary', kind: 'static' as const, address: '192.0.2.99/24' }]
    const nic = { name: 'net0', selector: null, addresses, gateways: [], mtu: null, vlan: null }
    const config = smallConfig()
    const configJson = JSON.stringify({ ...config, sysconfig: { ...config.sysconfig, interfaces: [nic] } })
    const check = async () => {
      const { findingsJson } = await client.checkPlan({ claim, planJson, planSha256, configJson })
      const findings: unknown = JSON.parse(findingsJson)
      return Array.isArray(findings) ? findings.map((one) => planFindingSchema.parse(one).code) : []
    }
    expect(await check()).toEqual([])
    small.host.neighbour = { mac: '02:00:00:00:00:77', proxy_arp: false }
    const { disks } = small.host.inventory
    small.host.inventory = { ...small.host.inventory, disks: disks.slice(0, 1) }
    expect(await check()).toEqual(['disk-not-found', 'address-in-use'])
    expect(small.host.acts).toEqual([])
  })

  it('renew, release and reboot, each only with the claim in force', async () => {
    const small = await bench.start({ enrolment: bench.file })
    const client = await bench.enrolled(small)
    const claim = { claimId: 'clm_1', fence: 4n }
    await client.claim({ claim, holder: 'alice', ttlSeconds: 300 })
    expect((await client.renewClaim({ claim, ttlSeconds: 100 })).highestFence).toBe(4n)
    expect((await faultOf(client.renewClaim({ claim: { ...claim, fence: 3n }, ttlSeconds: 100 }))).code).toBe(
      'fence-stale',
    )
    expect((await faultOf(client.renewClaim({ claim, ttlSeconds: 0 }))).code).toBe('invalid-request')
    expect((await faultOf(client.reboot({ claim: { ...claim, claimId: 'x' } }))).code).toBe('claim-stale')
    expect(small.host.reboots).toBe(0)
    await client.reboot({ claim })
    await expect.poll(() => small.host.reboots).toBe(1)
    await client.releaseClaim({ claim })
    expect(small.machine.status()).toBe('available')
    expect((await faultOf(client.reboot({ claim }))).code).toBe('claim-stale')
    const fault = await faultOf(client.claim({ claim: { claimId: 'y', fence: 2n }, ttlSeconds: 300 }))
    expect(fault).toMatchObject({ code: 'fence-stale', details: { fence: 2, highest_fence: 4 } })
  })

  it('are served to gRPC clients and over HTTP/1.1 too', async () => {
    const small = await bench.start({ enrolment: bench.file })
    await bench.enrolled(small)
    const baseUrl = `https://127.0.0.1:${small.machine.port}`
    const nodeOptions = { rejectUnauthorized: false, cert: bench.instcomd.certificatePem, key: bench.instcomd.keyPem }
    const http1 = createClient(
      Machined,
      createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { ...nodeOptions, agent: false } }),
    )
    expect((await http1.getSystemInfo({})).inventoryJson).toContain('sim-test')
    const sessionManager = new Http2SessionManager(baseUrl, {}, nodeOptions)
    const grpc = createClient(Machined, createGrpcTransport({ baseUrl, sessionManager }))
    expect((await grpc.getSystemInfo({})).inventoryJson).toContain('sim-test')
    expect((await faultOf(grpc.watchInstall({ installationId: 'x' })[Symbol.asyncIterator]().next())).code).toBe(
      'not-found',
    )
    sessionManager.abort()
    const stranger = createClient(
      Machined,
      createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { rejectUnauthorized: false, agent: false } }),
    )
    expect((await faultOf(stranger.getSystemInfo({}))).code).toBe('certificate-refused')
  })
})

async function watch(client: MachinedClient, installationId: string, after = 0): Promise<MachineEvent[]> {
  const events: MachineEvent[] = []
  for await (const { eventJson } of client.watchInstall({ installationId, afterSeq: BigInt(after) })) {
    events.push(machineEventSchema.parse(JSON.parse(eventJson)))
  }
  return events
}
