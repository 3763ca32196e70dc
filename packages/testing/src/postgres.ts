import pg from 'pg'
import { startTestCluster } from './postgres-cluster.ts'

/** Names the advisory lock under which a template database is made; any constant. */
const templateLock = 7_534_211

export interface TestDatabase {
  /** PostgreSQL URL over a unix socket. */
  readonly url: string
  drop(): Promise<void>
}

/**
 * Makes a database of its own, a copy of a template that `prepare` filled once per test run.
 * `templateKey` names the template (same key, same contents; `[a-z0-9-]`). The cluster is shared by the whole run and
 * starts with the first call; vitest's global set-up (postgres-global-setup.ts) stops it.
 */
export async function withTestDatabase(options: {
  templateKey: string
  prepare: (url: string) => Promise<void>
}): Promise<TestDatabase> {
  const cluster = await startTestCluster()
  const template = `template-${options.templateKey}`
  const name = `test-${process.pid}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
  await onClient(cluster.url('postgres'), async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [templateLock])
    await ensureTemplate(client, template, () => options.prepare(cluster.url(`${template}-making`)))
    await client.query('SELECT pg_advisory_unlock($1)', [templateLock])
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
  })
  return {
    url: cluster.url(name),
    drop: () =>
      onClient(cluster.url('postgres'), async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
      }),
  }
}

/** Every row of every table as text: for a test that looks for what must not be there. */
export async function dumpDatabase(url: string): Promise<string> {
  const rows: string[] = []
  await onClient(url, async (client) => {
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    for (const { name } of tables.rows) {
      const found = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${pg.escapeIdentifier(name)} t`)
      rows.push(...found.rows.map(({ row }) => `${name} ${row}`))
    }
  })
  return rows.join('\n')
}

/** The template gets its name only when `prepare` is through, so half a template is never copied. */
async function ensureTemplate(client: pg.Client, template: string, prepare: () => Promise<void>): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
  if (rowCount) return
  const making = pg.escapeIdentifier(`${template}-making`)
  await client.query(`DROP DATABASE IF EXISTS ${making} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${making} TEMPLATE template0`)
  await prepare()
  await client.query(`ALTER DATABASE ${making} RENAME TO ${pg.escapeIdentifier(template)}`)
}

async function onClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
