import { silentLogger } from '@slipway/base'
import { afterAll } from 'vitest'
import type { AppContext } from '../app-context.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { defaultConfiguration } from '../configuration/default-configuration.ts'
import { startEventSequencer } from '../events/event-sequencer.ts'
import { makeMetrics } from '../metrics/make-metrics.ts'
import { makePki } from '../pki/make-pki.ts'
import { openSecrets } from '../pki/master-key.ts'
import { makeTestDatabase } from './test-database.ts'

/** Everything that `main.ts` builds for the domain, on a database of its own; `change` adapts the configuration. */
export async function makeTestContext(change: Partial<Configuration> = {}): Promise<AppContext> {
  const database = await makeTestDatabase()
  const secrets = await openSecrets(database, Buffer.alloc(32, 1))
  const instanceId = 'test-instance'
  await database.query("INSERT INTO instances (id, version, host_name, pid) VALUES ($1, '0.0.0', 'test', $2)", [
    instanceId,
    process.pid,
  ])
  const pki = await makePki({
    database,
    secrets,
    logger: silentLogger,
    instanceId,
    hosts: { dns: ['localhost'], ip: ['127.0.0.1'] },
  })
  const sequencer = startEventSequencer(database, silentLogger)
  const stopping = new AbortController()
  afterAll(async () => {
    stopping.abort()
    pki.stop()
    await sequencer.stop()
  })
  const configuration = { ...defaultConfiguration({}), ...change }
  return {
    configuration,
    database,
    appendEvent: sequencer.appendEvent,
    pki,
    secrets,
    metrics: makeMetrics(),
    logger: silentLogger,
    instanceId,
    agentRelease: { current: async () => null },
    machinePort: () => configuration.server.machine_port,
    signal: stopping.signal,
  }
}
