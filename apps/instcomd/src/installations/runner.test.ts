import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppContext } from '../app-context.ts'
import { defaultConfiguration } from '../configuration/default-configuration.ts'
import { makeMachineLinks, type MachineLinks } from '../machines/machine-links.ts'
import { MachineService } from '../machines/service.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { makeTestRun } from '../testing/test-installation.ts'
import { EventWriter } from './event-writer.ts'
import { progressView } from './installation-view.ts'
import { waitDeadlineMs } from './machine-wait.ts'
import { RunLog } from './run-log.ts'
import { Runner } from './runner.ts'
import { installationStore } from './store.ts'

describe('installations whose machines do not answer', () => {
  let context: AppContext
  let links: MachineLinks
  let runner: Runner
  let server: Server
  const sockets = new Set<Socket>()

  beforeEach(async () => {
    const { installation } = defaultConfiguration({})
    context = await makeTestContext({ installation: { ...installation, max_concurrent: 1 } })
    links = makeMachineLinks(context.pki, 5000)
    const findTokenSecret = () => Promise.resolve(null)
    const machines = new MachineService({ context, links, findTokenSecret, onEnrolled: () => Promise.resolve() })
    const writer = new EventWriter(context, new RunLog())
    runner = new Runner({ context, links, machines, writer, registries: () => Promise.resolve({}) })
    server = createServer((socket) => sockets.add(socket)) // takes connections and never says a word
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    await runner.stop()
    links.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  /** A queued installation on a machine at a port where nothing listens. */
  async function queue(name: string): Promise<string> {
    const { installationId, machineId } = await makeTestRun(context, name)
    await context.database.query(
      `UPDATE machines SET address = '127.0.0.1', port = 9, enrolment = 'enrolled' WHERE machine_id = $1`,
      [machineId],
    )
    await context.database.query(
      'UPDATE installations SET owner = NULL, owner_until = NULL, attempts = 0 WHERE installation_id = $1',
      [installationId],
    )
    return installationId
  }
  const progress = async (id: string) => {
    const row = await installationStore.read(context.database, id)
    return row && progressView(row)
  }
  const waiting = { kind: 'network', code: 'machine-unreachable', details: { waiting: true, stopped_at: 'tcp' } }

  it('do not keep the one slot from each other, and each shows what it waits for', async () => {
    const ids = [await queue('first'), await queue('second'), await queue('third')]
    await runner.start()
    for (const id of ids)
      await expect.poll(() => progress(id), { timeout: 10_000 }).toMatchObject({ status: 'preparing', error: waiting })
  })

  it('are overdue after the deadline, without an end, and are tried at once when somebody asks for it', async () => {
    const id = await queue('late')
    await context.database.query(
      `UPDATE installations SET waiting_since = clock_timestamp() - $2 * interval '1 ms' WHERE installation_id = $1`,
      [id, waitDeadlineMs],
    )
    await runner.start()
    await expect
      .poll(() => progress(id), { timeout: 10_000 })
      .toMatchObject({ status: 'preparing', error: { kind: 'timeout', details: { overdue: true } } })
    const row = await installationStore.read(context.database, id)
    expect(row).toMatchObject({ owner: null, ended_at: null })
    expect(await installationStore.hurry(context.database, row?.machine_id ?? '')).toEqual([id])
    runner.wake()
    await expect
      .poll(async () => (await installationStore.read(context.database, id))?.attempts, { timeout: 10_000 })
      .toBeGreaterThan(row?.attempts ?? Infinity)
  })

  it('let those go first that have not been tried for long', async () => {
    const stuck = await queue('stuck')
    await context.database.query(
      `UPDATE installations SET waiting_since = clock_timestamp() - interval '1 h' WHERE installation_id = $1`,
      [stuck],
    )
    const next = await queue('next')
    await runner.start()
    await expect.poll(() => progress(next), { timeout: 10_000 }).toMatchObject({ error: waiting })
    await expect.poll(() => progress(stuck), { timeout: 10_000 }).toMatchObject({ error: { kind: 'timeout' } })
    const [tried] = await context.database.query<{ waits: string[] }>(
      `SELECT array_agg(data ->> 'installation_id' ORDER BY n) AS waits FROM
         (SELECT seq AS n, data FROM events UNION ALL SELECT id + 1000000, data FROM pending_events) e
        WHERE data ? 'waiting_for'`,
    )
    expect(tried?.waits[0]).toBe(next)
  })
})
