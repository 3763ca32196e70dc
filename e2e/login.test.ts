import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, startMachines, startServer, type ChildProgram, type Server } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

let folder: string
let home: string
let server: Server
let machines: ChildProgram

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-login-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  const [discoveryPort = 0] = await freePorts(1)
  server = await startServer({ dataDir: join(folder, 'server'), discoveryPort })
  machines = await startMachines({ server, count: 1, dataDir: join(folder, 'machines'), discoveryPort })
  await server.machines(1)
}, 120_000)

beforeEach(() => {
  home = mkdtempSync(join(folder, 'home-'))
})

afterAll(async () => {
  await machines?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The command line of a user who has nothing but a home; `input` is piped in. */
function slipway(args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}) {
  // Without the data directory of this computer, where a running server's token may lie.
  const env = { HOME: home, SLIPWAY_DATA_DIR: join(home, 'none'), ...more.env }
  return runCli(args, { env, input: more.input ?? '' })
}

const file = () => join(home, '.config/slipway/credentials.json')
const login = () => slipway(['login', server.url], { input: `${server.token}\n` })

describe('slipway login', () => {
  it('stores address and token for this user alone, says where, and every command uses them', async () => {
    expect((await slipway(['machines', 'list'])).code).toBe(4)
    const done = await login()
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(done.out).toContain(file())
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ url: server.url, token: server.token })
    const listed = await slipway(['machines', 'list', '--json'])
    expect(listed.code).toBe(0)
    expect(JSON.parse(listed.out)).toMatchObject({ items: [{ machine_id: 'sim-0001' }] })
  })

  it('stores nothing that the server refuses, or where there is no server', async () => {
    const refused = await slipway(['login', server.url], { input: 'sw_wrong\n' })
    expect(refused.code).toBe(4)
    expect(refused.err).toContain('[not-authenticated]')
    const [nobody = 0] = await freePorts(1)
    expect((await slipway(['login', `http://127.0.0.1:${nobody}`], { input: server.token })).code).toBe(5)
    expect((await slipway(['login', server.url], { input: '' })).code).toBe(2)
    expect((await slipway(['login', 'slipway.example.com'], { input: server.token })).code).toBe(2)
    expect(existsSync(file())).toBe(false)
  })

  it('is overridden by SLIPWAY_TOKEN and SLIPWAY_URL, and its token goes to no other server', async () => {
    await login()
    expect((await slipway(['machines', 'list'], { env: { SLIPWAY_TOKEN: 'sw_wrong' } })).code).toBe(4)
    const [nobody = 0] = await freePorts(1)
    const env = { SLIPWAY_URL: `http://127.0.0.1:${nobody}` }
    const elsewhere = await slipway(['machines', 'list'], { env })
    expect(elsewhere).toMatchObject({ code: 4, err: expect.stringContaining(`no token for ${env.SLIPWAY_URL}`) })
    expect((await slipway(['machines', 'list'], { env: { ...env, SLIPWAY_TOKEN: server.token } })).code).toBe(5)
  })
})

describe('slipway machines renew', () => {
  const json = async (...args: string[]) => {
    const { out, err, code } = await slipway([...args, '--json'])
    expect({ err, code }).toEqual({ err: '', code: 0 })
    return JSON.parse(out) as { claim_id: string; expires_at: string; fence: number }
  }

  it('renews the claim that this user made, without being told its id; so does release', async () => {
    await login()
    const claim = await json('machines', 'claim', 'sim-0001', '--ttl', '60')
    const renewed = await json('machines', 'renew', 'sim-0001', '--ttl', '600')
    expect(renewed).toMatchObject({ claim_id: claim.claim_id, fence: claim.fence })
    expect(Date.parse(renewed.expires_at)).toBeGreaterThan(Date.parse(claim.expires_at))
    expect((await slipway(['machines', 'renew', 'sim-0001', '--claim', 'claim_of_nobody'])).code).toBe(4)
    expect((await slipway(['machines', 'release', 'sim-0001'])).code).toBe(0)
    const gone = await slipway(['machines', 'renew', 'sim-0001'])
    expect(gone).toMatchObject({ code: 2, err: expect.stringContaining('--claim') })
  })
})
