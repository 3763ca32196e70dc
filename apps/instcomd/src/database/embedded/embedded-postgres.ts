import { chmod, chown, cp, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Fault, type Logger } from '@slipway/base'
import { chooseBinaries, findBinaries, type Binaries } from './find-binaries.ts'
import { stopOrphan } from './orphan.ts'
import { superviseServer } from './server.ts'
import { chooseUser, requireReachable, type RunAs } from './run-as.ts'
import { makeSocketFolder } from './socket-folder.ts'

/** The database that instcomd brings itself. */
export interface EmbeddedPostgres {
  /** Over a unix socket that only PostgreSQL's user (and root) can reach. */
  readonly url: string
  /** Process id of the postmaster now; null while it is being restarted. */
  pid(): number | null
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL as a child process with its files in `<dataDir>/postgres`, made on first use; the caller holds the
 * lock of the data directory. Killed under us it comes back by itself. Throws `database-unavailable`, `database-version`.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  logger: Logger
  binaries?: readonly Binaries[]
}): Promise<EmbeddedPostgres> {
  const { dataDir, logger } = options
  const folder = join(dataDir, 'postgres')
  const data = join(folder, 'data')
  const binaries = await chooseBinaries(data, options.binaries ?? (await findBinaries()))
  const user = await chooseUser(logger)
  await makeFolders(dataDir, folder, user)
  const bin = await placeBinaries(binaries, folder, user)
  await stopOrphan(data, logger)
  await initialise(bin, data, user)
  const socketFolder = await makeSocketFolder(join(folder, 'run'), user)
  logger.debug(
    { version: binaries.version, user: user?.name ?? null, socket_folder: socketFolder },
    'starting PostgreSQL',
  )
  const server = await superviseServer({ bin, data, socketFolder, user, logger })
  return {
    url: databaseUrl(socketFolder),
    pid: () => server.pid(),
    async stop() {
      await server.stop()
      await rmdir(socketFolder).catch(() => undefined) // empty unless PostgreSQL had to be killed; made again at the next start
    },
  }
}

function databaseUrl(socketFolder: string): string {
  return `postgresql://slipway@/slipway?host=${encodeURIComponent(socketFolder)}`
}

async function makeFolders(dataDir: string, folder: string, user: RunAs | null): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 })
  if (!user) return
  // Enter, not list: what is secret in the data directory has its own mode 0600.
  await chmod(dataDir, ((await stat(dataDir)).mode & 0o777) | 0o011)
  await chmod(folder, 0o711)
  await requireReachable(folder, user)
}

/** The unprivileged user may be unable to read where the package lies (a 0700 home): as root, work from a copy. */
async function placeBinaries(binaries: Binaries, folder: string, user: RunAs | null): Promise<string> {
  if (!user || !binaries.relocatable) return join(binaries.root, 'bin')
  const name = `postgresql-${binaries.version}`
  const target = join(folder, name)
  if (!(await stat(target).catch(() => null))) {
    await rm(`${target}.making`, { recursive: true, force: true })
    await cp(binaries.root, `${target}.making`, { recursive: true, verbatimSymlinks: true })
    await chmod(`${target}.making`, 0o755)
    await rename(`${target}.making`, target)
  }
  for (const other of await readdir(folder)) {
    // A newer minor version replaces the older copy.
    if (other.startsWith('postgresql-') && other !== name)
      await rm(join(folder, other), { recursive: true, force: true })
  }
  return join(target, 'bin')
}

/** initdb into a folder of another name, renamed when whole: a set-up that was cut short is made again. */
async function initialise(bin: string, data: string, user: RunAs | null): Promise<void> {
  if (await stat(join(data, 'PG_VERSION')).catch(() => null)) return
  if (await stat(data).catch(() => null))
    throw new Fault('database-unavailable', `${data} exists and holds no database; move it away and start again`)
  const making = `${data}.making`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { mode: 0o700 })
  if (user) await chown(making, user.uid, user.gid)
  // Trust on the socket: the folder it lies in (0700) is the lock, for root connects to a server of another user.
  const args = ['-D', making, '-U', 'slipway', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--data-checksums']
  try {
    await promisify(execFile)(join(bin, 'initdb'), args, { cwd: making, timeout: 120_000, ...(user ? ids(user) : {}) })
  } catch (cause) {
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new Fault('database-unavailable', `initdb could not make the database in ${data}: ${words}`, { cause })
  }
  await rename(making, data)
}

function ids(user: RunAs): { uid: number; gid: number } {
  return { uid: user.uid, gid: user.gid }
}
