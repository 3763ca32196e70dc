import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import 'reflect-metadata'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Fault } from '@slipway/base'
import { Machined } from '@slipway/protocol'
import { ConnectError, type Code } from '@connectrpc/connect'
import { faultToConnect } from '@slipway/protocol'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AppContext } from '../app-context.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { makeMachineLinks, type MachineLinks } from './machine-links.ts'
import { readCertificate } from './tls-facts.ts'

interface Identity {
  readonly cert: string
  readonly key: string
}

/** A key with a certificate of a CA for a URI name. */
async function identityOf(context: AppContext, uri: string): Promise<Identity> {
  const keys = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=test',
    keys,
    signingAlgorithm: { name: 'Ed25519' },
  })
  const { certificatePem } = await context.pki.issue({ csrPem: csr.toString('pem'), uri })
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: certificatePem, key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` }
}

describe('the link to a machine', () => {
  let ours: AppContext
  let others: AppContext
  let links: MachineLinks
  let server: Http2SecureServer | null = null
  beforeAll(async () => {
    ours = await makeTestContext()
    others = await makeTestContext()
    links = makeMachineLinks(ours.pki, 5000)
  })
  afterEach(() => {
    links.drop('m-1')
    server?.close()
  })
  afterAll(() => links.close())

  /** A machine that serves `identity`, demands a client certificate of ours, and knows no installation. */
  async function serve(identity: Identity): Promise<number> {
    const handler = connectNodeAdapter({
      routes: (router) =>
        router.service(Machined, {
          getSystemInfo: () => ({ inventoryJson: '{}' }),
          cancelInstall() {
            const { message, code, headers } = faultToConnect(
              new Fault('not-found', 'no such installation', { details: { here: true } }),
            )
            throw new ConnectError(message, code as Code, headers) // the same numbers
          },
        }),
    })
    const tls = {
      ...identity,
      ca: ours.pki.caPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3' as const,
    }
    const made = createSecureServer(tls, handler)
    server = made
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
    const address = made.address()
    return typeof address === 'object' && address ? address.port : 0
  }
  const ask = (port: number) =>
    links.call(
      { machine_id: 'm-1', address: '127.0.0.1', port },
      (client, options) => client.getSystemInfo({}, options),
      {
        signal: AbortSignal.timeout(10_000),
      },
    )

  it('works where both sides hold certificates of one CA and the machine has the expected name', async () => {
    const port = await serve(await identityOf(ours, 'slipway:machine/m-1'))
    expect((await ask(port)).inventoryJson).toBe('{}')
    expect(links.localAddress('m-1')).toBe('127.0.0.1')
  })

  it('refuses a machine of another CA', async () => {
    const port = await serve(await identityOf(others, 'slipway:machine/m-1'))
    await expect(ask(port)).rejects.toMatchObject({ code: 'certificate-refused' })
  })

  it('refuses another machine of our own CA', async () => {
    const port = await serve(await identityOf(ours, 'slipway:machine/m-2'))
    await expect(ask(port)).rejects.toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('slipway:machine/m-2'),
    })
  })

  it('refuses a revoked certificate at the next connection', async () => {
    const identity = await identityOf(ours, 'slipway:machine/m-1')
    const port = await serve(identity)
    await ask(port)
    await ours.pki.revoke(readCertificate(identity.cert).serial, 'stolen')
    links.drop('m-1')
    await expect(ask(port)).rejects.toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('revoked'),
    })
  })

  it('hands on what the machine threw, and names a machine that is not there', async () => {
    const port = await serve(await identityOf(ours, 'slipway:machine/m-1'))
    const signal = AbortSignal.timeout(10_000)
    const machine = { machine_id: 'm-1', address: '127.0.0.1', port }
    const cancelled = links.call(machine, (client, options) => client.cancelInstall({ installationId: 'x' }, options), {
      signal,
    })
    await expect(cancelled).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such installation',
      details: { here: true },
    })
    await expect(ask(1)).rejects.toMatchObject({ code: 'machine-unreachable', details: { machine_id: 'm-1', port: 1 } })
  })

  it('gives up an address that swallows everything, for every kind of call, and hears an abort while it tries', async () => {
    const silent = createServer() // it listens, and says nothing
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
    const impatient = makeMachineLinks(ours.pki, 5000, 50)
    try {
      const { port } = silent.address() as AddressInfo // it listens on TCP
      const machine = { machine_id: 'm-1', address: '127.0.0.1', port }
      const ask = (pool: MachineLinks, signal: AbortSignal) =>
        pool.call(machine, (client, options) => client.getSystemInfo({}, options), { signal })
      await expect(ask(impatient, new AbortController().signal)).rejects.toMatchObject({
        code: 'machine-unreachable',
        cause: { code: 'ETIMEDOUT' },
      })
      const stop = new AbortController()
      const asking = ask(links, stop.signal)
      stop.abort(new Error('enough'))
      await expect(asking).rejects.toThrow('enough')
    } finally {
      impatient.close()
      silent.close()
    }
  })
})
