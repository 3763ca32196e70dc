import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import type { Logger } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { LoadedConfiguration } from '../configuration/load-configuration.ts'
import { isPlain } from '../configuration/listener-scheme.ts'
import type { AgentRelease } from '../distribution/agent-release.ts'
import { distributionFolder } from '../distribution/distribution-folder.ts'
import { Distribution } from '../distribution/distribution.ts'
import { certificateRoutes } from '../pki/routes.ts'
import { doctorRoutes } from '../doctor/routes.ts'
import { enrollmentRoutes } from '../enrollments/routes.ts'
import { makeEnrollments } from '../enrollments/service.ts'
import { EventFeed } from '../events/event-feed.ts'
import { startEventSequencer } from '../events/event-sequencer.ts'
import { historyRoutes } from '../events/routes.ts'
import { startRetention } from '../events/retention.ts'
import { readCommits } from '../database/read-commits.ts'
import { readLag } from '../events/store.ts'
import { makeApiServer } from '../http/api-server.ts'
import { combineHandlers } from '../http/combine-handlers.ts'
import { listen } from '../http/listen.ts'
import { makeMachineServer } from '../http/machine-server.ts'
import { apiTls, readOperatorCertificate } from '../http/operator-certificate.ts'
import { announceInstance, joinInstances, readInstanceId } from '../instances/service.ts'
import { makeMetrics, type PlatformMetrics } from '../metrics/make-metrics.ts'
import { makePki } from '../pki/make-pki.ts'
import { openSecrets, readMasterKey } from '../pki/master-key.ts'
import { ownHosts } from '../pki/own-hosts.ts'
import { sessionRoutes } from '../http/session-routes.ts'
import { defaultUiFolder } from '../http/ui-files.ts'
import { settingsRoutes } from '../settings/routes.ts'
import { makeUsers, type Users } from '../users/service.ts'
import { Closers } from './closers.ts'
import type { DomainPart, MakeDomain } from './domain-part.ts'
import { Listeners } from './listeners.ts'
import { openStore } from './open-store.ts'
import { readVersion } from './version.ts'

export interface StartOptions extends LoadedConfiguration {
  readonly masterKeyFile: string | null
  readonly logger: Logger
  readonly makeDomain: MakeDomain
  /** The folder that agents are served from; default: by the rule of agent.md, without the environment. */
  readonly distributionFolder?: string
  /** The built web app; default: the repository's. */
  readonly uiFolder?: string
}

export interface Instcomd {
  /** Where people and programs reach it: `http://127.0.0.1:4000`. */
  readonly url: string
  readonly apiPort: number
  readonly machinePort: number
  /** A one-time link that opens a browser session. */
  readonly setupUrl: string
  readonly tokenFile: string
  readonly caFingerprint: string
  stop(): Promise<void>
}

/** Builds everything once, starts it and listens; what fails takes down again what was already up. */
export async function startInstcomd(options: StartOptions): Promise<Instcomd> {
  const closers = new Closers(options.logger)
  try {
    return await start(options, closers)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(options: StartOptions, closers: Closers): Promise<Instcomd> {
  const { configuration, logger } = options
  const ownCertificate = await readOperatorCertificate(configuration)
  const stopping = new AbortController()
  const version = readVersion()
  const listeners = new Listeners(configuration)
  const folder = options.distributionFolder ?? distributionFolder({}, configuration.server.data_dir)
  const distribution = new Distribution(folder, configuration, () => listeners.apiUrl())
  const parts = { signal: stopping.signal, version, listeners, agentRelease: distribution.release }
  const built = await buildContext(options, closers, parts)
  const { context, metrics, feed } = built
  const users = makeUsers(context.database)
  const tokenFile = join(configuration.server.data_dir, 'admin.token')
  await users.ensureAdminToken(tokenFile)

  const domain = options.makeDomain(context)
  const handlers = combineHandlers([
    domain.handlers,
    ...platformHandlers(options, context, domain, listeners, version),
    sessionRoutes(version, () => setupUrl(users, listeners)),
  ])
  const caFingerprint = new X509Certificate(context.pki.caPem).fingerprint256.replaceAll(':', '').toLowerCase()
  const shared = { handlers, database: context.database, metrics, logger, signal: stopping.signal }
  const api = await makeApiServer({
    ...shared,
    users,
    feed,
    version,
    caFingerprint,
    uiFolder: options.uiFolder ?? defaultUiFolder,
    pki: context.pki,
    publicUrl: configuration.server.public_url,
    tls: apiTls(configuration, ownCertificate, context.pki),
    plugins: ({ mayRead }) => [distribution.plugin(context, mayRead)],
  })
  const machine = await makeMachineServer({
    ...shared,
    pki: context.pki,
    onAgentLink: (socket, peer) => domain.onAgentLink(socket, peer),
  })
  followRenewals(api, options, context)
  // Closed in this order at the end: listeners first, then the domain's loops, then what they stand on.
  closers.add('domain', () => domain.stop())
  closers.add('listeners', () => Promise.all([api.app.close(), machine.close()]))
  closers.add('waiting work', () => stopping.abort())
  const { host, port, machine_port } = configuration.server
  listeners.machinePort = await listen(machine.app, { host, port: machine_port, flag: '--machine-port' })
  listeners.apiPort = await listen(api.app, { host, port, flag: '--port' })
  closers.add('distribution', await distribution.listen({ logger, metrics }))
  await announceInstance(context.database, context.instanceId, listeners.machineUrls())
  await domain.start()
  return {
    url: listeners.apiUrl(),
    apiPort: listeners.apiPort,
    machinePort: listeners.machinePort,
    setupUrl: await setupUrl(users, listeners),
    tokenFile,
    caFingerprint,
    stop: () => closers.closeAll(),
  }
}

async function buildContext(
  options: StartOptions,
  closers: Closers,
  parts: { signal: AbortSignal; version: string; listeners: Listeners; agentRelease: AgentRelease },
): Promise<{ context: AppContext; metrics: PlatformMetrics; feed: EventFeed }> {
  const { configuration, logger } = options
  const { signal, version, listeners, agentRelease } = parts
  const database = await openStore(configuration, logger, closers)
  const dataDir = configuration.server.data_dir
  const secrets = await openSecrets(database, await readMasterKey({ file: options.masterKeyFile, dataDir }))
  const instanceId = await readInstanceId(dataDir)
  closers.add('instance row', await joinInstances(database, logger, { id: instanceId, version }))
  const pki = await makePki({ database, secrets, logger, instanceId, hosts: ownHosts(configuration) })
  closers.add('certificate renewal', () => pki.stop())
  const metrics = makeMetrics()
  metrics.gauge('event_lag_seconds', 'Age of the oldest committed event without a number', () => readLag(database))
  metrics.gauge('database_commits', 'Transactions committed by the database', () => readCommits(database))
  const sequencer = startEventSequencer(database, logger)
  closers.add('event sequencer', () => sequencer.stop())
  const feed = new EventFeed(database, logger)
  await feed.open()
  closers.add('event feed', () => feed.close())
  closers.add('event retention', startRetention(database, logger))
  const { appendEvent } = sequencer
  const context: AppContext = {
    configuration,
    database,
    appendEvent,
    pki,
    secrets,
    metrics,
    logger,
    instanceId,
    machinePort: () => listeners.machinePort,
    agentRelease,
    signal,
  }
  return { context, metrics, feed }
}

function platformHandlers(
  options: StartOptions,
  context: AppContext,
  domain: DomainPart,
  listeners: Listeners,
  version: string,
) {
  const enrollments = makeEnrollments({
    ...context,
    machineUrls: () => listeners.machineUrls(),
    onMachineEnrolled: (machine) => domain.onMachineEnrolled(machine),
  })
  return [
    enrollmentRoutes(enrollments),
    historyRoutes(context.database),
    certificateRoutes(context),
    settingsRoutes(options.configuration, options.sources),
    doctorRoutes({ ...context, version, listeners: () => [listeners.apiUrl(), ...listeners.machineUrls()] }),
  ]
}

/** The API's listener serves our own certificate where the operator gave none; then it follows renewals too. */
function followRenewals(
  api: Awaited<ReturnType<typeof makeApiServer>>,
  options: StartOptions,
  context: AppContext,
): void {
  if (isPlain(options.configuration) || options.configuration.tls.cert_file !== null) return
  context.pki.onRenewed(() => {
    const { certificatePem, keyPem } = context.pki.identity()
    api.tls?.setSecureContext({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.3' })
  })
}

async function setupUrl(users: Users, listeners: Listeners): Promise<string> {
  return `${listeners.apiUrl()}/setup/${await users.makeSetupLink()}`
}
