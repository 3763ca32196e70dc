import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { Fault } from '@slipway/base'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where the repository builds the web app to (scripts/build-ui.mjs). */
export const defaultUiFolder = join(import.meta.dirname, '../../../installer-ui/dist')

/** The app's own files and connections only; Mantine writes its style sheet into the page, hence the inline styles. */
const appPolicy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

/** Addresses of programs: a wrong one there is an error, never the app. */
const notPages = /^\/(?:api|infiniservice|health|ready|metrics|setup|assets)(?:\/|$)/u

const yearSeconds = 31_536_000

export interface UiOptions {
  readonly folder: string
  /** Shown at `/` where the app was not built. */
  readonly home: { readonly html: string; readonly policy: string }
}

/**
 * Serves the web app: its files as they were compressed at the build, and its one page for every address that a browser asks
 * for and no route has. The app needs no permission; what it asks for does.
 */
export async function registerUi(app: FastifyInstance, { folder, home }: UiOptions): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async (_, reply) =>
      reply
        .header('content-security-policy', home.policy)
        .header('referrer-policy', 'no-referrer')
        .type('text/html; charset=utf-8')
        .send(home.html),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: folder,
    preCompressed: true,
    wildcard: false, // its own catch-all would answer before ours
    cacheControl: false,
    setHeaders(reply: FastifyReply, path) {
      const hashed = path.includes('/assets/')
      void reply.header('cache-control', hashed ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
      if (!path.includes('index.html')) return
      void reply.header('content-security-policy', appPolicy)
      void reply.header('referrer-policy', 'no-referrer')
    },
  })
  app.get('/*', async (request, reply) => answerUnknown(request, reply))
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?')[0] ?? ''
  const isPage =
    request.method === 'GET' && (request.headers.accept ?? '').includes('text/html') && !notPages.test(path)
  if (isPage) return reply.sendFile('index.html')
  throw new Fault('not-found', `there is no ${request.method} ${path}; /api/docs lists what there is`)
}
