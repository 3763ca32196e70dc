import { mkdir } from 'node:fs/promises'
import { Fault, type Logger } from '@slipway/base'
import type { Configuration } from '../configuration/configuration.ts'
import type { Database } from '../database/database.ts'
import { lockDataDirectory } from '../database/embedded/data-lock.ts'
import { startEmbeddedPostgres } from '../database/embedded/embedded-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import type { Closers } from './closers.ts'

/** Takes the data directory, starts or reaches PostgreSQL, and brings the tables up to date. */
export async function openStore(configuration: Configuration, logger: Logger, closers: Closers): Promise<Database> {
  const { data_dir } = configuration.server
  await makeDataDirectory(data_dir)
  closers.add('data directory', await lockDataDirectory(data_dir))
  const url = configuration.database_url ?? (await startEmbedded(data_dir, logger, closers))
  await migrate(url, logger).catch((cause: unknown) => {
    throw explain(cause, configuration.database_url !== null)
  })
  const database = openDatabase({ url, logger })
  closers.add('database connections', () => database.close())
  return database
}

async function makeDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o711 })
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Fault(
      'configuration-invalid',
      `the data directory ${path} cannot be made: ${words}; choose another with --data-dir`,
      { cause },
    )
  }
}

async function startEmbedded(dataDir: string, logger: Logger, closers: Closers): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, logger })
  closers.add('PostgreSQL', () => postgres.stop())
  return postgres.url
}

/** The URL may hold a password, so it is not repeated. */
function explain(cause: unknown, isForeign: boolean): unknown {
  if (cause instanceof Fault) return cause
  const words = cause instanceof Error ? cause.message : String(cause)
  const where = isForeign ? 'the PostgreSQL of DATABASE_URL' : 'the embedded PostgreSQL'
  return new Fault('database-unavailable', `${where} cannot be used: ${words}`, { cause })
}
