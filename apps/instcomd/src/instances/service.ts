import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@slipway/base'
import type { Database } from '../database/database.ts'
import { writeSecretFile } from '../pki/write-secret-file.ts'

const heartbeatMs = 5000
/** An instance that missed three heartbeats is not offered to machines any more. */
const silentSeconds = 15
/** Servers of one database are few; a long list of dead addresses would only delay a report. */
const mostOtherUrls = 16

/** The id of this data directory's instcomd: the same after a restart, so that it finds its own leases again. */
export async function readInstanceId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'instance-id')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text !== null && /^[0-9a-f-]{36}$/.test(text.trim())) return text.trim()
  const id = randomUUID()
  await writeSecretFile(file, `${id}\n`)
  return id
}

/** Writes this instance's row and keeps `last_seen_at` fresh; returns the way to sign off. */
export async function joinInstances(
  database: Database,
  logger: Logger,
  instance: { id: string; version: string },
): Promise<() => Promise<void>> {
  await database.query(
    `INSERT INTO instances (id, version, host_name, pid) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET version = $2, host_name = $3, pid = $4, started_at = now(), last_seen_at = now(), stopped_at = NULL`,
    [instance.id, instance.version, hostname(), process.pid],
  )
  const beat = () =>
    database.query('UPDATE instances SET last_seen_at = now() WHERE id = $1', [instance.id]).catch((error: unknown) => {
      logger.debug({ err: error }, 'heartbeat of this instance was not written')
    })
  const timer = setInterval(() => void beat(), heartbeatMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await database.query('UPDATE instances SET stopped_at = now() WHERE id = $1', [instance.id]).catch(() => undefined) // its silence says the same
  }
}

/** Writes where machines reach this instance (base addresses of its machine listener), for the other instances to pass on. */
export async function announceInstance(database: Database, id: string, machineUrls: readonly string[]): Promise<void> {
  await database.query('UPDATE instances SET machine_urls = $2 WHERE id = $1', [id, machineUrls])
}

/** Where machines reach the other instances that are alive: whoever is left takes what was meant for one that died. */
export async function otherMachineUrls(database: Pick<Database, 'query'>, ownId: string): Promise<string[]> {
  const rows = await database.query<{ url: string }>(
    `SELECT url FROM instances, unnest(machine_urls) AS url
      WHERE id <> $1 AND stopped_at IS NULL AND last_seen_at > now() - $2 * interval '1 s'
      ORDER BY started_at LIMIT $3`,
    [ownId, silentSeconds, mostOtherUrls],
  )
  return rows.map(({ url }) => url)
}
