import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import type { TestCa } from './test-ca.ts'

/** What a machine port is to an agent: enrolment, renewal and the link; by another WebSocket implementation than ours. */
export interface AgentServer {
  readonly port: number
  /** Paths that were posted to, with the client's names. */
  readonly asked: { path: string; client: string; body: { token?: string } }[]
  /** Connected agents, the newest last. */
  readonly sockets: WebSocket[]
  /** Messages as text. */
  readonly heard: string[]
  /** Validity of what is signed from now on. */
  life: { from: number; to: number } | undefined
  /** Status of every answer from now on; null: as it should be. */
  refuse: number | null
  close(): Promise<void>
}

export async function startAgentServer(ca: TestCa, uri = 'slipway:instcomd/one'): Promise<AgentServer> {
  const { certificatePem, keyPem } = await ca.issue(uri)
  const server = createServer({
    cert: certificatePem,
    key: keyPem,
    ca: ca.caPem,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
  })
  const state: Omit<AgentServer, 'port'> = {
    asked: [],
    sockets: [],
    heard: [],
    life: undefined,
    refuse: null,
    async close() {
      for (const socket of state.sockets) socket.terminate()
      webSockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const nameOf = (socket: unknown) => (socket as TLSSocket).getPeerX509Certificate()?.subjectAltName ?? ''
  server.on('request', (request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const body = JSON.parse(text) as { csr_pem: string; token?: string } // what our own code sent
      state.asked.push({ path: request.url ?? '', client: nameOf(request.socket), body })
      const answer = (status: number, value: object) => {
        const reply = JSON.stringify(value)
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply) })
        response.end(reply)
      }
      if (state.refuse !== null) return answer(state.refuse, { error: { code: 'enrolment-refused' } })
      void ca
        .signRequest(body.csr_pem, 'slipway:agent/vm-1', state.life)
        .then((certificate_pem) => answer(200, { certificate_pem, ca_pem: ca.caPem }))
    })
  })
  const webSockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    const isAgent = (socket as TLSSocket).authorized && nameOf(socket) === 'URI:slipway:agent/vm-1'
    if (!isAgent || request.url !== '/api/agent') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      state.sockets.push(webSocket)
      webSocket.on('message', (data: Buffer) => state.heard.push(data.toString('utf8')))
    })
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return Object.assign(state, { port })
}
