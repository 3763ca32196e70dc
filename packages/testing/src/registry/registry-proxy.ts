import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeAdmission, type Guard } from './registry-guard.ts'

/** A server before a registry that asks for passwords, and stops blobs where a test wants them stopped. */
export interface RegistryProxy {
  /** `127.0.0.1:port`, as it stands in a reference. */
  readonly host: string
  /** Requests that were let through, as `GET /v2/…`. */
  readonly passed: string[]
  /** Passwords and tokens; see `Admission.secrets`. */
  secrets(): string[]
  /** Stops every blob after so many bytes until `release`; `reached` resolves when the first one stands. */
  holdBlobs(bytes: number): { readonly reached: Promise<void>; release(): void }
  close(): Promise<void>
}

/** Starts a proxy before the registry on a loopback port; without a guard it lets everybody in. */
export async function startRegistryProxy(options: { targetPort: number; guard?: Guard }): Promise<RegistryProxy> {
  const admission = options.guard ? makeAdmission(options.guard) : null
  const passed: string[] = []
  let hold: Hold | null = null
  const server = http.createServer((request, response) => {
    if (admission && !admission.admits(request, response)) return
    passed.push(`${request.method} ${request.url}`)
    const held = request.url?.includes('/blobs/') ? hold : null
    const { method, url: path, headers } = request
    const asked = http.request({ host: '127.0.0.1', port: options.targetPort, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      // A client that hangs up ends the copy; what it misses it asks for again.
      copy(answer, response, held).catch(() => response.destroy())
    })
    asked.on('error', () => response.destroy())
    asked.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  return {
    host: `127.0.0.1:${port}`,
    passed,
    secrets: () => admission?.secrets() ?? [],
    holdBlobs(bytes) {
      hold = new Hold(bytes)
      return hold
    },
    close: () =>
      new Promise((resolve) => {
        hold?.release()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Where blobs stop. Small blobs (configurations) pass. */
class Hold {
  readonly #limit: number
  readonly #reached = Promise.withResolvers<void>()
  readonly #released = Promise.withResolvers<void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get reached(): Promise<void> {
    return this.#reached.promise
  }

  get limit(): number {
    return this.#limit
  }

  release(): void {
    this.#released.resolve()
  }

  async pass(): Promise<void> {
    this.#reached.resolve()
    await this.#released.promise
  }
}

async function copy(from: http.IncomingMessage, to: http.ServerResponse, hold: Hold | null): Promise<void> {
  let sent = 0
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const free = hold ? Math.max(0, Math.min(chunk.length, hold.limit - sent)) : chunk.length
    await write(to, chunk.subarray(0, free))
    if (hold && free < chunk.length) {
      await hold.pass()
      await write(to, chunk.subarray(free))
    }
    sent += chunk.length
  }
  to.end()
}

async function write(to: http.ServerResponse, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return
  await new Promise<void>((resolve, reject) => to.write(bytes, (error) => (error ? reject(error) : resolve())))
}
