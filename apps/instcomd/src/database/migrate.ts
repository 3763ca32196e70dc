import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, type Logger } from '@slipway/base'
import pg from 'pg'

/** Folder of the numbered files, for whoever needs to migrate or to name a template database. */
export const migrationsFolder = join(import.meta.dirname, 'migrations')

/** Any constant that nobody else locks; one migration at a time over all instances. */
const advisoryLock = 7_534_210

interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

/** Reads `NNNN-name.sql` in order. Throws `internal` for a name out of line or a number twice. */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
  if (numbers.includes(undefined) || new Set(numbers).size !== numbers.length)
    throw new Fault('internal', `migrations are named NNNN-name.sql, each number once; found ${names.join(', ')}`)
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Applies what is missing, each file in its own transaction, and returns the names applied.
 * A file that was applied and has changed since, or a database newer than this program, is refused (`database-version`).
 */
export async function migrate(url: string, logger: Logger, folder: string = migrationsFolder): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'instcomd' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock])
    return await applyMissing(client, migrations, logger)
  } finally {
    await client.end()
  }
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[], logger: Logger): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
  const { rows } = await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM migrations')
  refuseForeign(rows, migrations)
  const missing = migrations.filter(({ name }) => !rows.some((row) => row.name === name))
  for (const migration of missing) {
    await apply(client, migration)
    logger.info({ migration: migration.name }, 'Database migration applied')
  }
  return missing.map(({ name }) => name)
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query('INSERT INTO migrations (name, sha256) VALUES ($1, $2)', [migration.name, migration.sha256])
    await client.query('COMMIT')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined) // the cause says more
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('internal', `migration ${migration.name} failed: ${words}`, { cause })
  }
}

function refuseForeign(applied: readonly { name: string; sha256: string }[], known: readonly Migration[]): void {
  for (const row of applied) {
    const migration = known.find(({ name }) => name === row.name)
    if (migration?.sha256 === row.sha256) continue
    const what = migration ? 'was applied with another text' : 'is not known to this program'
    throw new Fault(
      'database-version',
      `the database's migration ${row.name} ${what}: it belongs to another version of Slipway; run that version, or use another database`,
      { details: { migration: row.name } },
    )
  }
}
