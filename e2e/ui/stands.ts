import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isTerminal } from '@slipway/protocol'
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
  try {
    const ids = await furnish(rack)
    return { url: rack.url, token: rack.token, rack, ids, stop: () => rack.stop() }
  } catch (error) {
    await rack.stop()
    throw error
  }
}

async function furnish(rack: Rack): Promise<Stand['ids']> {
  const { client } = rack
  const { batchId, installations } = await installTwo(rack)
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
  return {
    machineId: 'sim-0002',
    installationId: installations[0] ?? '',
    failedInstallationId: installations[1] ?? '',
    batchId,
    guestId: 'sim-guest-0001',
    scriptId: script.id,
    runId: executions[0]?.id ?? '',
  }
}

/** Installs the first machine and the third, whose disk fails, as one batch; waits for both ends. */
async function installTwo({ client, image }: Rack): Promise<{ batchId: string; installations: string[] }> {
  const configs: string[] = []
  const machines: { machine_id: string; values: Record<string, string> }[] = []
  for (const [index, machine_id] of ['sim-0001', 'sim-0003'].entries()) {
    const kdl = simpleConfig(await client.call('getMachineInventory', { params: { machine_id } }), image)
    const { config } = await client.call('checkConfig', { body: { kdl } })
    configs.push(kdl)
    machines.push({
      machine_id,
      values: {
        '/sysconfig/hostname': `rack-1-${index + 1}`,
        '/sysconfig/interfaces/0/selector': config?.sysconfig.interfaces[0]?.selector ?? '',
        '/filesystem/disks/0': index === 0 ? 'vda' : 'vdb', // the second disk is the one that fails
      },
    })
  }
  const [kdl = ''] = configs
  const { machines: checked } = await client.call('checkInstallBatch', { body: { kdl, machines } })
  const confirmed = machines.map((machine, index) => {
    const plan_sha256 = checked[index]?.plan_sha256
    return plan_sha256 ? { ...machine, plan_sha256 } : machine
  })
  const { id } = await client.call('addInstallBatch', { body: { name: 'Rack 1', kdl, machines: confirmed } })
  const whole = await waitFor('the end of both installations', async () => {
    const batch = await client.call('getInstallBatch', { params: { id } })
    return batch.machines.every(({ installation }) => isTerminal(installation.status)) ? batch : null
  })
  return { batchId: id, installations: whole.machines.map(({ installation }) => installation.installation_id) }
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
