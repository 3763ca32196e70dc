import type { ServerOptions } from 'node:https'
import type { Logger } from '@slipway/base'
import { Fault, isFault } from '@slipway/base'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { isLoopback } from '../configuration/listener-scheme.ts'
import type { Database } from '../database/database.ts'
import type { EventFeed } from '../events/event-feed.ts'
import { registerEventRoutes } from '../events/event-routes.ts'
import type { PlatformMetrics } from '../metrics/make-metrics.ts'
import type { Pki } from '../pki/pki.ts'
import { sessionSeconds, type Users } from '../users/service.ts'
import { authenticate } from './authenticate.ts'
import type { Handlers } from './handler.ts'
import { makeServer, type HttpServer } from './make-server.ts'
import { makeOpenApi } from './openapi.ts'
import { docsPage, homePage, pagePolicy, trustPage } from './pages.ts'
import { registerRoutes } from './register-routes.ts'
import { registerSessionRoutes } from './session-routes.ts'
import { registerUi } from './ui-files.ts'
import { cookieOptions, sessionCookie } from './session-cookie.ts'

export interface ApiServerOptions {
  readonly handlers: Handlers
  readonly database: Database
  readonly users: Users
  readonly pki: Pick<Pki, 'caPem'>
  readonly metrics: PlatformMetrics
  readonly feed: EventFeed
  readonly logger: Logger
  readonly version: string
  readonly publicUrl: string | null
  /** Lower-case hex SHA-256 of the CA's certificate. */
  readonly caFingerprint: string
  readonly tls: ServerOptions | null
  readonly signal: AbortSignal
  /** The built web app. */
  readonly uiFolder: string
  /** Routes outside of the table, with errors of their own (the distribution of agents). */
  plugins?(server: { mayRead(request: FastifyRequest): Promise<boolean> }): readonly FastifyPluginAsync[]
}

/** The listener for people and programs (security.md, "Listeners"): routes, events, documents, set-up links, metrics. */
export async function makeApiServer(options: ApiServerOptions): Promise<HttpServer> {
  const server = await makeServer(options)
  const { app } = server
  const identify = { users: options.users, publicUrl: options.publicUrl }
  registerRoutes(app, {
    listener: 'api',
    handlers: options.handlers,
    database: options.database,
    authenticate: (request, route) => authenticate(request, route.permission, identify),
    signal: options.signal,
  })
  registerEventRoutes(app, { ...options, authenticate: (request) => authenticate(request, 'read', identify) })
  const mayRead = (request: FastifyRequest) =>
    authenticate(request, 'read', identify).then(
      () => true,
      (error: unknown) => {
        if (isFault(error) && refusals.includes(error.code)) return false
        throw error
      },
    )
  for (const plugin of options.plugins?.({ mayRead }) ?? []) await app.register(plugin)
  registerSessionRoutes(app, { ...identify, version: options.version, secure: server.tls !== null })
  registerDocuments(server, options)
  const home = { html: homePage(options.version), policy: pagePolicy }
  await registerUi(app, { folder: options.uiFolder, home })
  registerSetup(server, options)
  app.get('/metrics', async (request, reply) => {
    if (!isLocal(request)) await authenticate(request, 'read', identify)
    const { contentType, text } = await options.metrics.print()
    return reply.type(contentType).send(text)
  })
  return server
}

const refusals: readonly string[] = ['not-authenticated', 'not-permitted']

/** From this machine, and not through a proxy on it that speaks for others. */
function isLocal(request: FastifyRequest): boolean {
  return (
    isLoopback(request.ip) &&
    request.headers['x-forwarded-for'] === undefined &&
    request.headers.forwarded === undefined
  )
}

function registerDocuments({ app }: HttpServer, options: ApiServerOptions): void {
  const openApi = makeOpenApi(options.version, options.publicUrl ?? '/')
  const pages: Readonly<Record<string, string>> = {
    '/api/docs': docsPage(options.version),
    '/trust': trustPage(options.caFingerprint),
  }
  for (const [path, text] of Object.entries(pages))
    app.get(path, async (_, reply) =>
      reply
        .header('content-security-policy', pagePolicy)
        .header('referrer-policy', 'no-referrer')
        .type('text/html; charset=utf-8')
        .send(text),
    )
  app.get('/api/openapi.json', async (_, reply) => reply.send(openApi))
  app.get('/ca.crt', async (_, reply) => reply.type('application/x-x509-ca-cert').send(options.pki.caPem))
}

function registerSetup({ app, tls }: HttpServer, { users, logger }: ApiServerOptions): void {
  app.get<{ Params: { link: string } }>('/setup/:link', { exposeHeadRoute: false }, async (request, reply) => {
    const session = await users.openSession(request.params.link)
    if (session === null)
      throw new Fault(
        'not-found',
        'this set-up link was used, has expired or never was; restart the server for a new one',
      )
    logger.info({ request_id: request.id, source_address: request.ip }, 'Set-up link used; browser session opened')
    return reply
      .setCookie(sessionCookie, session, cookieOptions(tls !== null, sessionSeconds))
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
      .redirect('/', 303)
  })
}
