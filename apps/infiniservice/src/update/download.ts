import { createWriteStream, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { Transform } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { delay, Fault, isFault, toFault } from '@slipway/base'
import { dialDelay } from '../link/dial-backoff.ts'

/** The agent has 110 MB (libraries.md); what is far larger is none of ours. */
export const maxArtifactBytes = 512 * 1024 * 1024
/** Between tries; each goes on where the last one ended. */
const backoff = { firstMs: 1_000, capMs: 30_000 }
const tries = 6
/** A server that says nothing for so long has lost us. */
const silenceMs = 30_000
const mostRedirects = 3

export interface DownloadOptions {
  readonly url: string
  /** Where it goes; what is there already is taken as its beginning, so the name should be the content's digest. */
  readonly file: string
  /** The server's own CA, beside the public ones. */
  readonly caPem: string | null
  readonly signal: AbortSignal
  readonly maxBytes?: number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Fetches a file over HTTP(S), resuming by Range after a break. Throws `unavailable`, `too-large`, `not-found`. */
export async function download(options: DownloadOptions): Promise<void> {
  const url = parseUrl(options.url)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchRest(url, options, 0)
    } catch (error) {
      options.signal.throwIfAborted()
      const isFinal = isFault(error) && error.code !== 'unavailable'
      if (isFinal || attempt >= tries) throw toFault(error)
    }
    await (options.wait ?? delay)(dialDelay(backoff, attempt), options.signal)
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new Fault('invalid-request', 'the update’s url is not http or https; send the address of the binary')
}

async function fetchRest(url: URL, options: DownloadOptions, redirects: number): Promise<void> {
  const have = statSync(options.file, { throwIfNoEntry: false })?.size ?? 0
  const response = await ask(url, have, options)
  const status = response.statusCode ?? 0
  if (status === 416) return endOrAgain(url, response, have, options)
  if (status >= 300 && status < 400 && response.headers.location !== undefined && redirects < mostRedirects) {
    response.resume()
    return fetchRest(new URL(response.headers.location, url), options, redirects + 1)
  }
  if (status !== 200 && status !== 206) throw refusedBy(response, status)
  const goesOn = status === 206 && rangeStart(response) === have
  if (status === 206 && !goesOn) {
    response.destroy()
    throw new Fault('unavailable', `${url.origin} sent another range than the one asked for`)
  }
  await store(response, goesOn ? have : 0, options)
}

/** 416: everything is there already, or what is there is longer than the server’s file and so another one. */
async function endOrAgain(url: URL, response: IncomingMessage, have: number, options: DownloadOptions): Promise<void> {
  response.resume()
  if (response.headers['content-range'] === `bytes */${have}`) return
  await rm(options.file, { force: true })
  throw new Fault('unavailable', `${url.origin} has another file now; it is fetched from the start`)
}

async function store(response: IncomingMessage, from: number, options: DownloadOptions): Promise<void> {
  const limit = options.maxBytes ?? maxArtifactBytes
  let size = from
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size <= limit) return done(null, chunk)
      done(new Fault('too-large', `the update is larger than ${limit} bytes; nothing of it is kept`))
    },
  })
  try {
    await pipeline(response, bounded, createWriteStream(options.file, { flags: from > 0 ? 'a' : 'w', mode: 0o600 }), {
      signal: options.signal,
    })
  } catch (error) {
    if (isFault(error, 'too-large')) await rm(options.file, { force: true })
    throw isFault(error) ? error : broken(error)
  }
}

function ask(url: URL, have: number, options: DownloadOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) }
  const tls = options.caPem === null ? {} : { ca: [...rootCertificates, options.caPem] }
  const request =
    url.protocol === 'https:'
      ? getHttps(url, { headers, signal: options.signal, agent: false, ...tls }, resolve)
      : getHttp(url, { headers, signal: options.signal, agent: false }, resolve)
  request.setTimeout(silenceMs, () => request.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)))
  request.once('error', (error) => reject(broken(error)))
  return promise
}

function rangeStart(response: IncomingMessage): number {
  return Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN)
}

function refusedBy(response: IncomingMessage, status: number): Fault {
  response.resume()
  const code = status === 404 ? 'not-found' : status >= 500 || status === 429 ? 'unavailable' : 'not-permitted'
  return new Fault(code, `the server answered ${status} to the update’s url; check the url and the machine’s access`)
}

function broken(cause: unknown): Fault {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Fault('unavailable', `the download of the update broke: ${why}; it goes on from there`, { cause })
}
