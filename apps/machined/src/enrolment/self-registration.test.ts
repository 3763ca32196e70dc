import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificateName } from '@slipway/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../identity/identity.ts'
import { secret } from '../testing/bench.ts'
import { startTestInstcomd, type TestInstcomd } from '../testing/test-instcomd.ts'
import { makeTestCa } from '../testing/test-ca.ts'
import { registerUntilEnrolled } from './self-registration.ts'

let server: TestInstcomd
let identity: Identity
const stopping: AbortController[] = []

beforeEach(async () => {
  server = await startTestInstcomd(secret)
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-registration-'))
  identity = await Identity.open({ dataDir, machineId: 'sim-test', bootId: 'b' })
})

afterEach(async () => {
  for (const controller of stopping.splice(0)) controller.abort()
  await server.close()
})

/** Registers until it is stopped; gives what was said about failures, and the end. */
function register(input: { urls?: string[]; caPem?: string; secret?: string }) {
  const controller = new AbortController()
  stopping.push(controller)
  const said: string[] = []
  const note = (_fields: object, message: string) => void said.push(message)
  const done = registerUntilEnrolled({
    urls: input.urls ?? [server.url],
    file: { ca_pem: input.caPem ?? server.ca.caPem, token: `swe_abcdefgh_${input.secret ?? secret}`, instcomd: [] },
    identity,
    port: 8443,
    logger: { debug: note, info: note, warn: note, error: note },
    signal: controller.signal,
    onEnrolled: () => undefined,
  })
  return { said, done, stop: () => controller.abort() }
}

describe('a machine that knows its server', () => {
  it('gets its certificate and pins the CA of its medium', async () => {
    await register({}).done
    expect(identity.pinned?.ca_pem).toBe(server.ca.caPem)
    expect(server.enrolled.get('sim-test')).toEqual({ port: 8443, times: 1 })
  })

  it('goes on to the next address where one does not answer', async () => {
    const { said, done } = register({ urls: ['https://127.0.0.1:1', server.url] })
    await done
    expect(said[0]).toContain('127.0.0.1:1 does not answer')
    expect(identity.pinned).not.toBeNull()
  })

  it('tells nothing to a server of another CA', async () => {
    const other = await makeTestCa()
    const { said, done, stop } = register({ caPem: other.caPem })
    await expect.poll(() => said.join('\n')).toContain('does not chain to the CA')
    stop()
    await done
    expect(server.enrolled.size).toBe(0)
    expect(identity.pinned).toBeNull()
  })

  it('tells nothing to somebody of its CA who is no instcomd', async () => {
    const impostor = await startTestInstcomd(secret, { uri: certificateName.machine('other') })
    const { said, done, stop } = register({ urls: [impostor.url], caPem: impostor.ca.caPem })
    await expect.poll(() => said.join('\n')).toContain('does not name an instcomd')
    stop()
    await done
    expect(impostor.enrolled.size).toBe(0)
    await impostor.close()
  })

  it('goes on asking where its token is refused, and says why', async () => {
    const { said, done, stop } = register({ secret: 'T'.repeat(40) })
    await expect.poll(() => said.length).toBeGreaterThan(1)
    expect(said[0]).toContain('the server answered 403')
    stop()
    await done
    expect(identity.pinned).toBeNull()
  })
})
