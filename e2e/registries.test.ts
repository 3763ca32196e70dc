import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallInput } from '@slipway/client'
import {
  dumpDatabase,
  freePorts,
  serveRandomImage,
  startMachines,
  startRegistryProxy,
  startServer,
  withTestDatabase,
  type ChildProgram,
  type RegistryProxy,
  type Server,
} from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginInstallation, expectWhole } from './whole-installation.ts'

const layerBytes = 1024 * 1024
/** What a sloppy printer would quote, escape or cut. */
const passwords = { basic: 'b@sic/Pass+1 "quoted"', bearer: "be'arer%20=Pass&2", wrong: 'wrong-Pass\\3' }

describe('registries that ask for passwords, and their mirrors', () => {
  let folder: string
  let databaseUrl: string
  let server: Server
  let machines: ChildProgram
  let ids: string[]
  let basic: RegistryProxy
  let bearer: RegistryProxy
  let refusing: RegistryProxy
  let downPort: number
  const cleanups: (() => Promise<unknown>)[] = []
  /** Everything that was answered; grown by each test. */
  const answers: unknown[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-registries-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const database = await withTestDatabase({ templateKey: 'empty', prepare: () => Promise.resolve() })
    cleanups.push(() => database.drop())
    databaseUrl = database.url
    const registry = await serveRandomImage(join(folder, 'image'), layerBytes)
    cleanups.push(() => registry.close())
    const guarded = async (scheme: 'basic' | 'bearer', username: string, password: string) => {
      const proxy = await startRegistryProxy({ targetPort: registry.port, guard: { scheme, username, password } })
      cleanups.push(() => proxy.close())
      return proxy
    }
    basic = await guarded('basic', 'puller', passwords.basic)
    bearer = await guarded('bearer', 'mirror-user', passwords.bearer)
    refusing = await guarded('basic', 'puller', 'what the server does not know')
    const [down = 0, discoveryPort = 0] = await freePorts(2)
    downPort = down
    server = await startServer({ dataDir: join(folder, 'server'), databaseUrl, discoveryPort, config: await config() })
    cleanups.push(() => server.stop())
    machines = await startMachines({ server, count: 3, dataDir: join(folder, 'machines'), discoveryPort })
    cleanups.push(() => machines.stop())
    ids = (await server.machines(3)).map(({ machine_id }) => machine_id)
  }, 120_000)
  afterAll(async () => {
    for (const clean of cleanups.toReversed()) await clean()
  })

  /** The registry refuses, its first mirror is down, its second has the image under a password of its own. */
  async function config(): Promise<string> {
    const secrets = join(folder, 'secrets')
    await mkdir(secrets)
    for (const [name, password] of Object.entries(passwords)) await writeFile(join(secrets, name), `${password}\n`)
    const entry = (username: string, file: string) => ({ username, password_file: join(secrets, file) })
    return JSON.stringify({
      registries: {
        [basic.host]: entry('puller', 'basic'),
        [bearer.host]: entry('mirror-user', 'bearer'),
        [refusing.host]: { ...entry('puller', 'wrong'), mirrors: [`127.0.0.1:${downPort}`, bearer.host] },
      },
    })
  }

  const check = async (body: CallInput<'checkImage'>['body']) => {
    const response = await fetch(`${server.url}/api/images/check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer: unknown = await response.json()
    answers.push(answer)
    return { status: response.status, answer }
  }

  it('are asked with Basic and Bearer credentials, registry first, then mirror by mirror, up to the machine’s pull', async () => {
    const [first = '', second = '', idle = ''] = ids
    const [one, two] = await Promise.all([
      beginInstallation(server.client, first, `oci://${basic.host}/test/image:latest`),
      beginInstallation(server.client, second, `oci://${refusing.host}/test/image:latest`),
    ])
    for (const id of [one, two]) expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' })
    for (const id of [one, two]) {
      answers.push(await expectWhole(server, id, idle))
      for (const part of ['', '/progress', '/timeline', '/logs?level=debug'])
        answers.push(await read(`/api/install/${id}${part}`))
    }
    const blobs = (proxy: RegistryProxy) => proxy.passed.filter((line) => line.includes('/blobs/')).length
    expect(blobs(basic)).toBeGreaterThanOrEqual(2) // configuration and layer
    expect(blobs(bearer)).toBeGreaterThanOrEqual(2)
    expect(refusing.passed).toEqual([])
    const logs = await read(`/api/install/${two}/logs?level=debug`)
    expect(logs).toContain(`127.0.0.1:${downPort}`) // what was tried is told
  }, 120_000)

  it('give digest, platforms and bytes of an image, and tell a machine’s platform', async () => {
    const reference = `oci://${basic.host}/test/image:latest`
    const { status, answer } = await check({ reference, machine_id: ids[2] ?? '' })
    expect(status).toBe(200)
    expect(answer).toMatchObject({ reference, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), fits: true })
    const { platforms, bytes } = answer as { platforms: { os: string; architecture: string }[]; bytes: number } // by the schema
    expect(platforms.map(({ os, architecture }) => `${os}/${architecture}`)).toEqual(['linux/amd64', 'linux/arm64'])
    expect(bytes).toBeGreaterThan(layerBytes)
    expect(bytes).toBeLessThan(layerBytes * 1.1)
  })

  it('say what failed, where, and what to do', async () => {
    const refused = async (body: CallInput<'checkImage'>['body'], code: string, ...words: (string | RegExp)[]) => {
      const { status, answer } = await check(body)
      expect([status, answer]).toMatchObject([expect.any(Number), { error: { code } }])
      const { message } = (answer as { error: { message: string } }).error // matched above
      for (const word of words) expect(message).toMatch(word)
      return status
    }
    const statuses = await Promise.all([
      refused(
        { reference: 'oci://no-such-host.invalid/a/b:c' },
        'registry-unreachable',
        'no-such-host.invalid',
        /check how .* is spelt/,
      ),
      refused(
        { reference: `oci://127.0.0.1:${downPort}/a/b:c` },
        'registry-unreachable',
        `127.0.0.1:${downPort}`,
        /start the registry, or correct its port/,
      ),
      refused(
        { reference: `oci://${basic.host}/test/image:none` },
        'image-not-found',
        basic.host,
        /manifest unknown: none/,
        /check the repository, tag or digest/,
      ),
      refused(
        { reference: `oci://${bearer.host}/test/none:latest` },
        'image-not-found',
        bearer.host,
        /check the repository/,
      ),
      refused(
        { reference: `oci://${refusing.host}/test/none:latest` },
        'registry-refused',
        refusing.host,
        /authentication required/,
        /check username and password/,
      ),
      refused(
        { reference: `oci://${basic.host}/test/image:illumos`, machine_id: ids[2] ?? '' },
        'image-platform-missing',
        basic.host,
        /only illumos\/amd64/,
        /choose another image or machine/,
      ),
      refused({ reference: 'a b' }, 'image-reference-invalid', 'a b'),
    ])
    expect(statuses).toEqual([503, 503, 422, 422, 422, 422, 422])
  }, 60_000)

  it('keep their passwords and tokens out of every log, event, plan, answer, row and file', async () => {
    for (const path of [
      '/api/settings',
      '/api/doctor',
      '/api/machines',
      '/api/install',
      '/api/configs/backups',
      '/metrics',
    ])
      answers.push(await read(path))
    const places = {
      answers: JSON.stringify(answers),
      server: server.said(),
      machines: machines.said(),
      database: await dumpDatabase(databaseUrl),
      'files of the server': await readAll(join(folder, 'server')),
      'files of the machines': await readAll(join(folder, 'machines')),
    }
    expect(places.answers).toContain(join(folder, 'secrets', 'basic')) // the settings were read
    expect(bearer.secrets().length).toBeGreaterThan(3) // tokens were given
    const secrets = [...Object.values(passwords), ...[basic, bearer, refusing].flatMap((proxy) => proxy.secrets())]
    secrets.push(Buffer.from(`puller:${passwords.wrong}`).toString('base64'))
    for (const secret of secrets)
      for (const shape of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]))
        for (const [place, text] of Object.entries(places)) {
          expect(text.length).toBeGreaterThan(100)
          expect([place, shape, text.includes(shape)]).toEqual([place, shape, false])
        }
  })

  async function read(path: string): Promise<string> {
    const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${server.token}` } })
    expect([path, response.status]).toEqual([path, 200])
    const text = await response.text()
    answers.push(text)
    return text
  }
})

async function readAll(dir: string): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  return texts.join('\n')
}
