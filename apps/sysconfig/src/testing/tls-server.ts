import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'

/** A CA with one server certificate of the given name, made by openssl. */
export function makeCertificates(uri: string): { ca: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tls-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  try {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
      '-days',
      '1',
      '-subj',
      '/CN=test-ca',
    )
    openssl('req', ...newKey, '-keyout', at('key.pem'), '-out', at('csr.pem'), '-subj', '/CN=server')
    writeFileSync(at('ext'), `subjectAltName=URI:${uri}\n`)
    const signing = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      at('ext'),
    ]
    openssl('x509', '-req', '-in', at('csr.pem'), ...signing, '-out', at('cert.pem'))
    const read = (name: string) => readFileSync(at(name), 'utf8')
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export interface Received {
  readonly path: string
  readonly body: unknown
}

/** A server on loopback that gives the next of its answers to each request. */
export async function serveAnswers(
  certificates: { cert: string; key: string },
  answers: readonly number[],
): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = []
  const server: Server = createServer({ ...certificates, minVersion: 'TLSv1.3' }, (request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      const status = answers[Math.min(received.length, answers.length - 1)] ?? 500
      received.push({ path: request.url ?? '', body: JSON.parse(text) })
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(
        status < 300 ? '{}' : JSON.stringify({ error: { code: 'not-permitted', message: 'the token is used' } }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  return {
    url: `https://127.0.0.1:${port}`,
    received,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
