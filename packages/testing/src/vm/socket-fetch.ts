import { request } from 'node:https'
import { Readable } from 'node:stream'

/** No answer of the API takes this long, and a followed log speaks more often. */
const silenceMs = 60_000

/**
 * A `fetch` for one HTTPS server that is reached through a unix socket, as one in another network namespace is.
 * `ca` is the PEM of the only certificate authority it accepts; null accepts the server unseen (to fetch that very CA).
 */
export function makeSocketFetch(socketPath: string, ca: string | null): typeof fetch {
  return async (input, init) => {
    const wanted = new Request(input, init)
    const body = wanted.body ? Buffer.from(await wanted.arrayBuffer()) : null
    const url = new URL(wanted.url)
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const sent = request(
      {
        socketPath,
        host: url.hostname,
        path: `${url.pathname}${url.search}`,
        method: wanted.method,
        // Without a length Node sends the body of a DELETE as if it were the next request.
        headers: { ...Object.fromEntries(wanted.headers), host: url.host, ...lengthOf(body) },
        signal: wanted.signal,
        ...(ca === null ? { rejectUnauthorized: false } : { ca }),
        // No connection is kept: the server may be killed and started again between two calls.
        agent: false,
      },
      (answer) => {
        const headers = new Headers()
        for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value))
        const status = answer.statusCode ?? 500
        // 204 must have no body (Fetch standard, null body status). toWeb is typed for Node's own stream class.
        const content = status === 204 ? null : (Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>)
        resolve(new Response(content, { status, headers }))
      },
    )
    sent.on('error', reject)
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(`${wanted.method} ${url.pathname}: silence for a minute`)))
    sent.end(body)
    return promise
  }
}

function lengthOf(body: Buffer | null): Record<string, string> {
  return body === null ? {} : { 'content-length': String(body.length) }
}
