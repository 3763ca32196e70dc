import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Fault } from '@slipway/base'

/** machined's command line, checked. */
export interface Options {
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly host: 'linux' | 'illumos' | 'simulated'
  readonly enrolment: string | null
  readonly instcomd: readonly string[]
  readonly group: string
  readonly discoveryPort: number
  readonly interface: string | null
}

const hosts = ['linux', 'illumos', 'simulated'] as const

export const usage = `machined: answers discovery, holds the claim and executes install plans on one machine

  machined --data-dir DIR --listen ADDR:PORT --host linux|illumos|simulated
    --enrolment FILE        CA and enrolment token of live media; without it a code is shown on the console
    --instcomd URL          register at this server (repeatable); also read from the kernel argument instcomd=
    --group ADDR            multicast group of discovery (239.255.255.250)
    --discovery-port PORT   (1900)
    --interface ADDR        listen for discovery on this interface alone (all)`

/** Parses the command line; throws `usage` with what to write instead. */
export function parseOptions(argv: readonly string[]): Options {
  const values = readValues(argv)
  const host = hosts.find((known) => known === values.host)
  if (!host) throw new Fault('usage', `--host must be one of ${hosts.join(', ')}`)
  if (values['data-dir'] === undefined) throw new Fault('usage', '--data-dir DIR is missing')
  return {
    dataDir: values['data-dir'],
    listen: parseEndpoint(values.listen, '--listen'),
    host,
    enrolment: values.enrolment ?? null,
    instcomd: (values.instcomd ?? []).map(parseUrl),
    group: values.group,
    discoveryPort: parsePort(values['discovery-port'], '--discovery-port'),
    interface: values.interface ?? null,
  }
}

function readValues(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        'data-dir': { type: 'string' },
        listen: { type: 'string', default: '0.0.0.0:8443' },
        host: { type: 'string', default: 'linux' },
        enrolment: { type: 'string' },
        instcomd: { type: 'string', multiple: true },
        group: { type: 'string', default: '239.255.255.250' },
        'discovery-port': { type: 'string', default: '1900' },
        interface: { type: 'string' },
      },
    })
    return values
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Splits `ADDR:PORT`, `[V6]:PORT` too. */
export function parseEndpoint(text: string, option: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d+)$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw new Fault('usage', `${option} needs ADDR:PORT, not "${text}"`)
  return { host, port: parsePort(match?.[3] ?? '', option) }
}

/** Reads a port; 0 means any free one. */
export function parsePort(text: string, option: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Fault('usage', `${option} needs a port from 0 to 65535, not "${text}"`)
  return port
}

/** instcomd's address from the kernel's arguments: `instcomd=https://10.0.2.2:4443`. */
export async function kernelInstcomd(file = '/proc/cmdline'): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '') // not Linux, or no /proc: nothing is said
  const words = text.trim().split(/\s+/)
  return words.filter((word) => word.startsWith('instcomd=')).map((word) => parseUrl(word.slice('instcomd='.length)))
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'https:')
    throw new Fault('usage', `"${text}" is not an address of instcomd; write https://host:4443`)
  return url.origin
}
