import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addViewer,
  freePorts,
  simpleConfig,
  startDelayProxy,
  startMachines,
  startRack,
  startServer,
  waitFor,
  withTestDatabase,
  type DelayProxy,
  type Rack,
} from '@slipway/testing'

/** A server as the pages see it, with something to show. */
export interface Stand {
  readonly url: string
  readonly token: string
  /** Ids by which the pages of one thing are opened. */
  readonly ids: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Three machines, one of them installed and one failed, three guests, a script that ran, and a schedule. */
export async function startFew(): Promise<Stand & { readonly rack: Rack }> {
  const rack = await startRack({ machines: 3, guests: 3, faults: ['disk-fail:sim-0003'] })
  const { client } = rack
  const installations: string[] = []
  for (const machine_id of ['sim-0001', 'sim-0003']) {
    const inventory = await client.call('getMachineInventory', { params: { machine_id } })
    const kdl = simpleConfig(inventory, rack.image)
    const { plan_sha256 } = await client.call('makePlan', { body: { machine_id, kdl } })
    const { installation_id } = await client.call('install', { body: { machine_id, kdl, plan_sha256 } })
    installations.push(installation_id)
    await waitFor('the installation’s end', async () => {
      const { status } = await client.call('getProgress', { params: { id: installation_id } })
      return status === 'completed' || status === 'failed' ? true : null
    })
  }
  const source =
    'name: Say hello\nos: [linux]\nshell: sh\ninputs:\n  - { name: who, type: text, required: true }\nscript: |\n  echo "hello ${{ inputs.who }}"\n'
  const script = await client.call('addScript', { body: { source } })
  const body = { script_id: script.id, machine_ids: ['sim-guest-0001'], input_values: { who: 'ann' } }
  const { executions } = await client.call('addScriptExecutions', { body })
  await client.call('addSchedule', {
    body: {
      script_id: script.id,
      name: 'Greet hourly',
      input_values: { who: 'ben' },
      timing: { kind: 'every', interval_minutes: 60 },
      targets: { machine_ids: ['sim-guest-0002'] },
    },
  })
  const ids = {
    machineId: 'sim-0002',
    installationId: installations[0] ?? '',
    failedInstallationId: installations[1] ?? '',
    guestId: 'sim-guest-0001',
    scriptId: script.id,
    runId: executions[0]?.id ?? '',
  }
  return { url: rack.url, token: rack.token, rack, ids, stop: () => rack.stop() }
}

/** A server that nobody has found yet; with a person who may only look. */
export async function startNone(): Promise<Stand & { readonly viewerToken: string }> {
  const folder = makeFolder()
  const database = await withTestDatabase({ templateKey: 'empty', prepare: async () => undefined })
  const [discoveryPort = 0] = await freePorts(1)
  const server = await startServer({
    dataDir: folder,
    discoveryPort,
    databaseUrl: database.url,
    config: `guests: { socket_dir: ${join(folder, 'sockets')} }\n`,
  })
  const viewerToken = await addViewer(database.url)
  const stop = async () => {
    await server.stop()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: server.url, token: server.token, viewerToken, ids: {}, stop }
}

/** Five hundred simulated machines on one server. */
export async function startMany(): Promise<Stand> {
  const folder = makeFolder()
  const [discoveryPort = 0] = await freePorts(1)
  const server = await startServer({ dataDir: join(folder, 'server'), discoveryPort })
  const machines = await startMachines({ server, count: 500, dataDir: join(folder, 'machines'), discoveryPort })
  const stop = async () => {
    await machines.stop()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  await waitFor(
    '500 machines',
    async () =>
      (await server.client.call('listMachines', { query: { limit: 500 } })).items.length >= 500 ? true : null,
    { explain: () => machines.said().slice(-2000) },
  ).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url: server.url, token: server.token, ids: {}, stop }
}

/** A line to a server that can be slow, and cut. */
export function startLine(stand: Stand): Promise<DelayProxy> {
  return startDelayProxy(Number(new URL(stand.url).port))
}

/** Passable for others: as root, PostgreSQL runs as an unprivileged user below it. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-ui-'))
  chmodSync(folder, 0o711)
  return folder
}
