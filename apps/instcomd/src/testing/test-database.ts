import { createHash } from 'node:crypto'
import { silentLogger } from '@slipway/base'
import { withTestDatabase } from '@slipway/testing'
import { afterAll } from 'vitest'
import type { Database } from '../database/database.ts'
import { migrate, readMigrations } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'

/** A migrated database of its own for one test file, on a real PostgreSQL; dropped after the file's tests. */
export async function makeTestDatabase(): Promise<Database & { readonly url: string }> {
  const migrations = await readMigrations()
  const key = createHash('sha256')
    .update(migrations.map(({ sha256 }) => sha256).join())
    .digest('hex')
  const { url, drop } = await withTestDatabase({
    templateKey: `instcomd-${key.slice(0, 16)}`,
    async prepare(templateUrl) {
      await migrate(templateUrl, silentLogger)
    },
  })
  const database = openDatabase({ url, logger: silentLogger, connections: 10 })
  afterAll(async () => {
    await database.close()
    await drop()
  })
  return { ...database, url }
}
