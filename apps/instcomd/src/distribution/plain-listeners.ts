import { Fault } from '@slipway/base'
import { listen } from '../http/listen.ts'
import { makeServer } from '../http/make-server.ts'
import { distributionRoutes, type DistributionOptions } from './routes.ts'

interface PlainAddress {
  readonly host: string
  readonly port: number
}

type ServerDeps = Omit<Parameters<typeof makeServer>[0], 'tls'>

/** Reads `192.0.2.1:80` or `[2001:db8::1]:80`. Throws `configuration-invalid` for anything else. */
export function parseListenAddress(text: string): PlainAddress {
  const [, v6, v4, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = v6 ?? v4
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new Fault(
    'configuration-invalid',
    `distribution.listen: "${text}" is not an address and a port such as 192.0.2.1:80 or [2001:db8::1]:80`,
  )
}

/**
 * Opens the plain-HTTP listeners of `distribution.listen` on guest networks: `/infiniservice` and nothing else (security.md,
 * "Listeners"). All or none: a failure closes those that are open. Resolves to their ports and what closes them.
 */
export async function openPlainListeners(
  addresses: readonly string[],
  server: ServerDeps,
  options: DistributionOptions,
): Promise<{ ports: number[]; close(): Promise<void> }> {
  const wanted = addresses.map(parseListenAddress)
  const open: { close(): Promise<unknown> }[] = []
  const ports: number[] = []
  const close = async () => void (await Promise.all(open.map((each) => each.close())))
  try {
    for (const { host, port } of wanted) {
      const { app } = await makeServer({ ...server, tls: null })
      open.push({ close: () => app.close() })
      await app.register(distributionRoutes(options))
      ports.push(await listen(app, { host, port, flag: 'distribution.listen' }))
    }
    return { ports, close }
  } catch (error) {
    await close()
    throw error
  }
}
