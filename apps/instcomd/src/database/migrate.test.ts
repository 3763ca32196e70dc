import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { migrate, readMigrations } from './migrate.ts'

const database = await makeTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'slipway-migrations-'))
afterAll(() => rm(folder, { recursive: true }))
const run = () => migrate(database.url, silentLogger, folder)

beforeEach(async () => {
  await database.query('DROP TABLE IF EXISTS migrations, one, two')
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (n int);')
  await rm(join(folder, '0002-two.sql'), { force: true })
})

test('each file is applied once, in order, however many instances start together', async () => {
  await writeFile(join(folder, '0002-two.sql'), 'CREATE TABLE two AS SELECT n FROM one;')
  const applied = await Promise.all([run(), run(), run()])
  expect(applied.flat()).toEqual(['0001-one.sql', '0002-two.sql'])
  expect(await run()).toEqual([])
})

test('a file that fails leaves nothing of itself, and is tried again at the next start', async () => {
  await writeFile(join(folder, '0002-two.sql'), 'CREATE TABLE two (n int); SELECT broken;')
  await expect(run()).rejects.toThrow('migration 0002-two.sql failed: column "broken" does not exist')
  expect(
    await database.query("SELECT to_regclass('one') IS NOT NULL AS one, to_regclass('two') IS NOT NULL AS two"),
  ).toEqual([{ one: true, two: false }])
  await writeFile(join(folder, '0002-two.sql'), 'CREATE TABLE two (n int);')
  expect(await run()).toEqual(['0002-two.sql'])
})

test('a file that changed after it was applied, and a database of a newer Slipway, are refused', async () => {
  await writeFile(join(folder, '0002-two.sql'), 'CREATE TABLE two (n int);')
  await run()
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (m int);')
  await expect(run()).rejects.toMatchObject({ code: 'database-version', details: { migration: '0001-one.sql' } })
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (n int);')
  await rm(join(folder, '0002-two.sql'))
  await expect(run()).rejects.toThrow('0002-two.sql is not known to this program')
})

test('the files of this program are numbered without a gap', async () => {
  const numbers = (await readMigrations()).map(({ name }) => Number(name.slice(0, 4)))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})
