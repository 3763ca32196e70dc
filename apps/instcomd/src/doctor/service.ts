import { X509Certificate } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import type { DoctorCheck } from '@slipway/protocol'
import { probeRegistry } from '@slipway/oci'
import type { Configuration } from '../configuration/configuration.ts'
import type { Database } from '../database/database.ts'
import { readLag } from '../events/store.ts'
import type { Pki } from '../pki/pki.ts'
import { runCheck } from './check.ts'
import { checkMulticast, multicastAddresses } from './multicast-check.ts'

export interface DoctorOptions {
  readonly configuration: Configuration
  readonly database: Database
  readonly pki: Pki
  /** Addresses in use after listening: `http://127.0.0.1:4000`. */
  listeners(): readonly string[]
}

const dayMs = 24 * 3_600_000
const gibibyte = 2 ** 30

/** Less free space than this, and PostgreSQL may stop at the next burst of events. */
const minFreeBytes = gibibyte

/** Runs the server's own checks beside each other; each answers within its deadline. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorCheck[]> {
  return Promise.all([
    checkDatabase(options.database),
    checkPorts(options),
    checkCertificates(options),
    checkSpace(options.configuration),
    ...checkDiscovery(options.configuration),
    ...checkRegistries(options.configuration),
  ])
}

function checkDatabase(database: Database): Promise<DoctorCheck> {
  return runCheck(
    'database',
    'look for PostgreSQL’s own words in the log (SLIPWAY_LOG=debug), and at DATABASE_URL',
    async () => {
      const started = performance.now()
      const [row] = await database.query<{ version: string; migrations: number }>(
        "SELECT current_setting('server_version') AS version, (SELECT count(*) FROM migrations) AS migrations",
      )
      const lag = await readLag(database)
      const ms = (performance.now() - started).toFixed(1)
      if (lag > 10) throw new Error(`events wait ${lag.toFixed(0)} s for their number`)
      return `PostgreSQL ${row?.version}, ${row?.migrations} migrations, two queries in ${ms} ms`
    },
  )
}

function checkPorts({ listeners }: DoctorOptions): Promise<DoctorCheck> {
  return runCheck('ports', 'restart instcomd', async () => `listening on ${listeners().join(' and ')}`)
}

function checkCertificates({ pki }: DoctorOptions): Promise<DoctorCheck> {
  return runCheck(
    'certificates',
    'set this machine’s clock right, then restart instcomd: it makes a new certificate',
    async () => {
      const own = new X509Certificate(pki.identity().certificatePem)
      const authority = new X509Certificate(pki.caPem)
      for (const [what, certificate] of [
        ['own certificate', own],
        ['CA certificate', authority],
      ] as const) {
        const now = Date.now()
        if (Date.parse(certificate.validFrom) > now)
          throw new Error(`the ${what} is not valid before ${certificate.validFrom}`)
        if (Date.parse(certificate.validTo) < now) throw new Error(`the ${what} expired on ${certificate.validTo}`)
      }
      if (!own.verify(authority.publicKey)) throw new Error('the own certificate is not signed by the CA')
      const days = Math.floor((Date.parse(own.validTo) - Date.now()) / dayMs)
      return `own certificate good for ${days} days, CA until ${authority.validTo}`
    },
  )
}

function checkSpace({ server }: Configuration): Promise<DoctorCheck> {
  return runCheck('space', `free some space on the file system of ${server.data_dir}`, async () => {
    const { bavail, bsize } = await statfs(server.data_dir)
    const free = `${((bavail * bsize) / gibibyte).toFixed(1)} GiB free in ${server.data_dir}`
    if (bavail * bsize < minFreeBytes) throw new Error(free)
    return free
  })
}

function checkDiscovery({ discovery }: Configuration): Promise<DoctorCheck>[] {
  const addresses = multicastAddresses(discovery.interface)
  if (addresses.length === 0) {
    const where =
      discovery.interface === null
        ? 'no interface besides loopback has an IPv4 address'
        : `no interface is named ${discovery.interface} or has that address`
    return [
      runCheck('multicast', 'connect a network, or set discovery.interface', () => Promise.reject(new Error(where))),
    ]
  }
  const cure = `allow UDP ${discovery.port} and multicast on it in the firewall, and give it a route for ${discovery.multicast_group}; machines can also be entered by hand (slipway machines add) or listed in discovery.targets`
  return addresses.map(({ name, address }) =>
    runCheck(`multicast ${name}`, cure, () => checkMulticast(discovery.multicast_group, discovery.port, address)),
  )
}

function checkRegistries(configuration: Configuration): Promise<DoctorCheck>[] {
  const named = [configuration.default_oci_registry, ...Object.keys(configuration.registries)]
  const hosts = [...new Set(named.filter((name) => name !== null))]
  return hosts.map((host) =>
    runCheck(
      `registry ${host}`,
      `check name, network, proxy and certificate of ${host}; registries.${host} sets mirrors, credentials and insecure`,
      async (signal) => {
        const stages = await probeRegistry(
          host,
          { insecure: configuration.registries[host]?.insecure ?? false },
          signal,
        )
        const failed = stages.find(({ ok }) => !ok)
        if (failed) throw new Error(`${failed.stage}: ${failed.detail}`)
        return stages.at(-1)?.detail ?? 'reached'
      },
    ),
  )
}
