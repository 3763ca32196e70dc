import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, type Logger } from '@slipway/base'
import { loadConfiguration } from '../configuration/load-configuration.ts'
import { readFlags } from '../configuration/read-flags.ts'
import type { MakeDomain } from '../program/domain-part.ts'
import { startInstcomd, type Instcomd } from '../program/start-instcomd.ts'

export interface TestInstcomd extends Instcomd {
  readonly token: string
  readonly dataDir: string
  /** Calls the API with the admin token, unless `init` has an authorization of its own. */
  call(path: string, init?: RequestInit): Promise<Response>
}

/** Starts the whole program on free loopback ports with a database of a test; `flags` as on the command line. */
export async function startTestInstcomd(options: {
  databaseUrl: string
  makeDomain: MakeDomain
  flags?: readonly string[]
  /** The folder that agents are served from; one in the data directory unless given. */
  distributionFolder?: string
  logger?: Logger
  dataDir?: string
  /** A built web app; none unless given. */
  uiFolder?: string
}): Promise<TestInstcomd> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-instcomd-')))
  // Servers of one test share a database, so they share its master key; a test that wants another writes it first.
  await writeFile(join(dataDir, 'master.key'), Buffer.alloc(32, 5).toString('base64'), {
    mode: 0o600,
    flag: 'wx',
  }).catch(() => undefined)
  const argv = [
    '--port',
    '0',
    '--machine-port',
    '0',
    '--data-dir',
    dataDir,
    '--database-url',
    options.databaseUrl,
    ...(options.flags ?? []),
  ]
  const loaded = loadConfiguration({ flags: readFlags(argv), env: {}, cwd: dataDir })
  const instcomd = await startInstcomd({
    ...loaded,
    logger: options.logger ?? silentLogger,
    makeDomain: options.makeDomain,
    masterKeyFile: null,
    ...(options.distributionFolder === undefined ? {} : { distributionFolder: options.distributionFolder }),
    uiFolder: options.uiFolder ?? join(dataDir, 'no-ui'),
  })
  const token = (await readFile(instcomd.tokenFile, 'utf8')).trim()
  return {
    ...instcomd,
    token,
    dataDir,
    call(path, init = {}) {
      const headers = new Headers(init.headers)
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
      return fetch(`${instcomd.url}${path}`, { ...init, headers })
    },
    async stop() {
      await instcomd.stop()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
