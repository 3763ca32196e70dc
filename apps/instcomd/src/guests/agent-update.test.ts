import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeDomain } from '../domain.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const base = await mkdtemp(join(tmpdir(), 'slipway-update-'))
const program = 'an agent'
const sha256 = createHash('sha256').update(program).digest('hex')
await mkdir(join(base, 'infiniservice/binaries/linux'), { recursive: true })
await writeFile(join(base, 'infiniservice/binaries/linux/infiniservice'), program)
await writeFile(join(base, 'infiniservice/binaries/linux/infiniservice.minisig'), 'signed')
const sockets = join(base, 'sockets')
await mkdir(sockets)

const database = await makeTestDatabase()
const settings = ['discovery.interface=127.0.0.1', 'discovery.port=19913', 'distribution.require_token=true']
const server = await startTestInstcomd({
  databaseUrl: database.url,
  makeDomain,
  distributionFolder: join(base, 'infiniservice'),
  flags: [...settings, `guests.socket_dir=${sockets}`].flatMap((setting) => ['--set', setting]),
})
afterAll(async () => {
  await server.stop()
  await rm(base, { recursive: true, force: true })
})

const post = (path: string, body: object) =>
  server.call(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

test('an agent fetches its update where downloads need a token; the token ends with its next handshake', async () => {
  const agent = await FakeAgent.listen({ path: join(sockets, 'vm-token.socket'), machineId: 'vm-token' })
  expect((await post('/api/machines', { kind: 'virtual', id: 'vm-token', name: 'token' })).status).toBe(201)
  await agent.shakeHands()
  const asked = await post('/api/guests/vm-token/update', {})
  expect([asked.status, await asked.json()]).toEqual([202, { version: '0.0.0', sha256 }])
  await agent.until(() => agent.of('update').length > 0)
  const url = new URL(String(agent.of('update')[0]?.['url']))
  const bare = new URL(url.pathname, url)
  expect((await fetch(bare)).status).toBe(401)
  const fetched = await fetch(url)
  expect([fetched.status, await fetched.text()]).toEqual([200, program])
  await agent.shakeHands({ version: '0.0.0', boot_id: 'boot-2' })
  expect((await fetch(url)).status).toBe(401)
  await agent.close()
})
