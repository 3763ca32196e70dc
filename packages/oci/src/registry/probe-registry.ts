import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { lookup } from 'node:dns/promises'
import net from 'node:net'
import tls from 'node:tls'
import { isLoopback, makeAgents } from './agents.ts'
import { errorWords, sendRequest } from './exchange.ts'
import type { RegistryOptions } from './options.ts'

/** One stage of reaching a registry and how far it went. */
export interface ProbeStage {
  readonly stage: 'route' | 'dns' | 'tcp' | 'tls' | 'http'
  readonly ok: boolean
  readonly detail: string
}

/** Each stage gets so long: a diagnosis that hangs is no diagnosis. */
const stageMs = 5000
/** Any port does for a route (RFC 863). */
const discardPort = 9

/**
 * Tries route, DNS, TCP, TLS and HTTP towards `host[:port]` one after the other and stops at the first that fails, for
 * `details.tried` of `registry-unreachable`. TLS is left out for registries that speak plain HTTP and may. Never throws
 * but for an aborted signal.
 */
export async function probeRegistry(
  host: string,
  options: Partial<RegistryOptions>,
  signal: AbortSignal,
): Promise<ProbeStage[]> {
  const url = new URL(/^https?:\/\//i.test(host) ? host : `https://${host}`)
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const insecure = options.insecure === true || isLoopback(url.host)
  const mayBePlain = insecure || url.protocol === 'http:'
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443)
  const stages: ProbeStage[] = []
  const run = async (stage: ProbeStage['stage'], work: (limit: AbortSignal) => Promise<string>): Promise<boolean> => {
    signal.throwIfAborted()
    try {
      stages.push({ stage, ok: true, detail: await work(AbortSignal.any([signal, AbortSignal.timeout(stageMs)])) })
      return true
    } catch (error) {
      signal.throwIfAborted()
      stages.push({ stage, ok: false, detail: errorWords(error) })
      return false
    }
  }
  const found = await settled(resolveName(name, AbortSignal.any([signal, AbortSignal.timeout(stageMs)])))
  if (!(await run('route', (limit) => findRoute(found.ok ? found.value : getServers(), limit)))) return stages
  if (!(await run('dns', () => wordsOf(name, found)))) return stages
  if (!(await run('tcp', (limit) => connect(name, port, limit)))) return stages
  let secure = url.protocol === 'https:'
  if (secure) {
    secure = await run('tls', (limit) => shake(name, port, { insecure, ca: options.ca, signal: limit }))
    if (!secure && !mayBePlain) return stages
    if (!secure) stages.pop() // it may speak plain HTTP: that stage decides
  }
  const target = new URL('/v2/', `${secure ? 'https' : 'http'}://${url.host}`)
  await run('http', (limit) => askVersion(target, options, limit))
  return stages
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  )
}

async function resolveName(name: string, signal: AbortSignal): Promise<string[]> {
  return (await abortable(lookup(name, { all: true }), signal)).map((one) => one.address)
}

async function wordsOf(name: string, found: Settled<string[]>): Promise<string> {
  if (!found.ok) throw found.error
  return `${name} is ${found.value.join(', ')}`
}

/**
 * Asks the kernel for a route to any of these addresses: the registry's, or the name servers' when its name was not
 * resolved. Connecting a UDP socket sends nothing (udp(7)).
 */
async function findRoute(addresses: readonly string[], signal: AbortSignal): Promise<string> {
  if (addresses.length === 0) return 'no name server is configured'
  const tried = await Promise.all(addresses.map((address) => settled(abortable(routeTo(address), signal))))
  const found = tried.find((one) => one.ok)
  if (found) return found.value
  throw new AggregateError(tried.flatMap((one) => (one.ok ? [] : [one.error])))
}

/** A name server may stand with its port: `10.0.0.1:5353`, `[::1]:5353`. */
function routeTo(server: string): Promise<string> {
  const address = net.isIP(server) === 0 ? server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') : server
  const socket = createSocket(net.isIPv6(address) ? 'udp6' : 'udp4')
  return new Promise<string>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => resolve(`to ${address} from ${socket.address().address}`))
    socket.connect(discardPort, address) // with a callback it would be the callback that hears of errors
  }).finally(() => socket.close())
}

function connect(host: string, port: number, signal: AbortSignal): Promise<string> {
  const socket = net.connect({ host, port })
  return settle(socket, 'connect', signal, () => `connected to ${socket.remoteAddress ?? host} port ${port}`)
}

function shake(
  host: string,
  port: number,
  options: { insecure: boolean; ca: string | undefined; signal: AbortSignal },
): Promise<string> {
  const trusted = options.ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), options.ca] }
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  const socket = tls.connect({ host, port, rejectUnauthorized: !options.insecure, ...servername, ...trusted })
  return settle(
    socket,
    'secureConnect',
    options.signal,
    () => `${socket.getProtocol() ?? 'TLS'}, certificate ${socket.authorized ? 'trusted' : 'not verified'}`,
  )
}

async function askVersion(url: URL, options: Partial<RegistryOptions>, signal: AbortSignal): Promise<string> {
  const agents = makeAgents(options.insecure === true, options.ca)
  try {
    const answer = await sendRequest({ url, method: 'GET', headers: {}, agents, idleTimeoutMs: stageMs, signal })
    answer.destroy()
    return `GET ${url.href} answered ${answer.statusCode ?? 0}`
  } finally {
    agents.destroy()
  }
}

function settle(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  detail: () => string,
): Promise<string> {
  const done = new Promise<string>((resolve, reject) => {
    socket.once(event, () => resolve(detail()))
    socket.once('error', reject)
  })
  return abortable(done, signal).finally(() => socket.destroy())
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error(`no answer within ${stageMs / 1000} s`))
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
