import { connect as tlsConnect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { createClient, type Client } from '@connectrpc/connect'
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { Fault } from '@slipway/base'
import { certificateName, Machined } from '@slipway/protocol'
import type { Pki } from '../pki/pki.ts'
import { controlFault } from './control-fault.ts'
import { authority, uriNames } from './tls-facts.ts'

/** Where a machine is dialled: by IP, expecting the certificate of exactly this machine. */
export interface Dialled {
  readonly machine_id: string
  readonly address: string
  readonly port: number
  /** Its installed system runs, in which no machined answers. */
  readonly runsInstalled?: boolean
}

/** Options that every call passes on to the Connect client: a deadline and a signal. */
export interface CallOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Pooled, mutually authenticated connections to machined; one per machine, closed after a minute without calls. */
export interface MachineLinks {
  /** Runs one call (or stream) over the machine's connection. Throws what the machine threw, `machine-unreachable` or `certificate-refused`. */
  call<T>(
    machine: Dialled,
    work: (client: Client<typeof Machined>, options: CallOptions) => Promise<T>,
    options: { signal: AbortSignal; timeoutMs?: number },
  ): Promise<T>
  /** Our own address on the connection to a machine: where the machine can reach us. Null when none is open. */
  localAddress(machineId: string): string | null
  /** Forgets a machine's connection: it enrolled again, or moved. */
  drop(machineId: string): void
  close(): void
}

interface Link {
  readonly key: string
  readonly client: Client<typeof Machined>
  readonly session: Http2SessionManager
  readonly state: { socket: TLSSocket | null; refused: Fault | null; checkedSerial: string | null }
}

/** A dead peer is noticed within twice this while a stream waits. */
const pingMs = 10_000
const idleMs = 60_000
/** An inventory of 1024 disks stays far below. */
const readMaxBytes = 16 * 1024 * 1024

/**
 * Makes the pool; `pki.onRenewed` makes it dial again with the new certificate. `reachMs` bounds the way to a connection: an
 * address that swallows packets would hold a caller for as long as the kernel tries, which is minutes.
 */
export function makeMachineLinks(pki: Pki, defaultTimeoutMs: number, reachMs = 10_000): MachineLinks {
  const links = new Map<string, Link>()
  const forget = pki.onRenewed(() => dropAll())

  function dropAll(): void {
    for (const machineId of links.keys()) drop(machineId)
  }

  function drop(machineId: string): void {
    links.get(machineId)?.session.abort()
    links.delete(machineId)
  }

  function linkTo(machine: Dialled): Link {
    const key = authority(machine.address, machine.port)
    const known = links.get(machine.machine_id)
    if (known?.key === key) return known
    known?.session.abort()
    const link = makeLink(machine, pki)
    links.set(machine.machine_id, link)
    return link
  }

  /** A revoked certificate is refused at connect; one question per connection. */
  async function ensureNotRevoked(machine: Dialled, link: Link): Promise<void> {
    await link.session.connect()
    const serial = link.state.socket?.getPeerX509Certificate()?.serialNumber.toLowerCase()
    if (serial === undefined || serial === link.state.checkedSerial) return
    if (await pki.isRevoked(serial)) {
      drop(machine.machine_id)
      throw new Fault(
        'certificate-refused',
        `the certificate of machine ${machine.machine_id} is revoked; enrol the machine again`,
      )
    }
    link.state.checkedSerial = serial
  }

  /** Waits for the connection, at most `reachMs`. */
  async function reach(machine: Dialled, connected: Promise<void>, signal: AbortSignal): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const stop = () => reject(signal.reason)
    const timer = setTimeout(() => {
      drop(machine.machine_id) // else the next call would wait for the same connection
      reject(Object.assign(new Error(`no connection within ${reachMs / 1000} s`), { code: 'ETIMEDOUT' }))
    }, reachMs)
    signal.addEventListener('abort', stop, { once: true })
    connected.catch(() => undefined) // it may lose the race
    try {
      signal.throwIfAborted()
      await Promise.race([connected, late])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    async call(machine, work, options) {
      const link = linkTo(machine)
      try {
        await reach(machine, ensureNotRevoked(machine, link), options.signal)
        return await work(link.client, { signal: options.signal, timeoutMs: options.timeoutMs ?? defaultTimeoutMs })
      } catch (error) {
        if (options.signal.aborted && error === options.signal.reason) throw error
        throw controlFault(machine, link.state.refused ?? error)
      }
    },
    localAddress: (machineId) => links.get(machineId)?.state.socket?.localAddress ?? null,
    drop,
    close() {
      forget()
      dropAll()
    },
  }
}

function makeLink(machine: Dialled, pki: Pki): Link {
  const url = `https://${authority(machine.address, machine.port)}`
  const state: Link['state'] = { socket: null, refused: null, checkedSerial: null }
  const session = new Http2SessionManager(
    url,
    { pingIntervalMs: pingMs, pingTimeoutMs: pingMs, idleConnectionTimeoutMs: idleMs },
    { createConnection: () => connectVerified(machine, pki, state) },
  )
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '2',
    sessionManager: session,
    readMaxBytes,
    acceptCompression: [], // small messages on a local network: compressing costs more than it saves
  })
  return { key: authority(machine.address, machine.port), client: createClient(Machined, transport), session, state }
}

/** Verifies the chain to our CA, and the expected URI name in place of the host name. */
function connectVerified(machine: Dialled, pki: Pki, state: Link['state']): TLSSocket {
  const identity = pki.identity()
  const socket = tlsConnect({
    host: machine.address,
    port: machine.port,
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    ca: [pki.caPem],
    cert: identity.certificatePem,
    key: identity.keyPem,
    checkServerIdentity: (_host, certificate) => expectName(machine, certificate),
  })
  state.socket = socket
  state.refused = null
  socket.on('error', (error) => {
    state.refused = refusal(machine, error)
  })
  return socket
}

function expectName(machine: Dialled, certificate: PeerCertificate): Error | undefined {
  const expected = certificateName.machine(machine.machine_id)
  const names = uriNames(certificate.subjectaltname)
  if (names.includes(expected)) return undefined
  return Object.assign(new Error(`its certificate names ${names.join(', ') || 'nobody'}, expected ${expected}`), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
}

/** OpenSSL's verification errors as Node names them; everything else is the network's. */
const certificateErrors =
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_SSL_TLSV13_ALERT|ERR_SSL_SSLV3_ALERT|ERR_SSL_TLSV1_ALERT)/

function refusal(machine: Dialled, error: Error & { code?: string }): Fault | null {
  if (!certificateErrors.test(error.code ?? '')) return null
  const message = `${authority(machine.address, machine.port)} is not trusted as machine ${machine.machine_id}: ${error.message}; enrol the machine again if it was set up anew`
  return new Fault('certificate-refused', message, { cause: error, details: { machine_id: machine.machine_id } })
}
