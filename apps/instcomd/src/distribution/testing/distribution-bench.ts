import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { silentLogger } from '@slipway/base'
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import type { Database } from '../../database/database.ts'
import { makeServer } from '../../http/make-server.ts'
import { makeMetrics } from '../../metrics/make-metrics.ts'
import { Access } from '../access.ts'
import type { DownloadLimits } from '../download-limit.ts'
import { DistributionFiles } from '../representation.ts'
import { distributionRoutes } from '../routes.ts'

/** A distribution folder of one test and a server for it, without a port. */
export interface DistributionBench {
  readonly app: FastifyInstance
  readonly folder: string
  readonly files: DistributionFiles
  /** Writes a file below the folder. */
  put(path: string, content: string | Uint8Array): Promise<void>
  /** Writes a binary with its compressed variants. */
  putBinary(path: string, content: Uint8Array): Promise<void>
}

/** Makes it; `database` only where tokens or health are asked about. */
export async function makeDistributionBench(
  options: {
    allowedNetworks?: readonly string[]
    requireToken?: boolean
    database?: Database
    limits?: DownloadLimits
    mayRead?: boolean
  } = {},
): Promise<DistributionBench> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-distribution-'))
  const { app } = await makeServer({ logger: silentLogger, metrics: makeMetrics(), tls: null })
  const files = new DistributionFiles(folder)
  const database = options.database ?? noDatabase
  const access = new Access({
    database,
    limits: { allowed_networks: options.allowedNetworks ?? [], require_token: options.requireToken ?? false },
    mayRead: async () => options.mayRead ?? false,
  })
  await app.register(
    distributionRoutes({
      files,
      access,
      database,
      logger: silentLogger,
      ...(options.limits ? { limits: options.limits } : {}),
    }),
  )
  onTestFinished(async () => {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  })
  const put = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return {
    app,
    folder,
    files,
    put,
    async putBinary(path, content) {
      await put(path, content)
      await put(`${path}.gz`, gzipSync(content))
      await put(`${path}.zst`, zstdCompressSync(content))
    },
  }
}

/** For tests that must not ask it. */
const noDatabase: Database = {
  query: () => Promise.reject(new Error('this test has no database')),
  transaction: () => Promise.reject(new Error('this test has no database')),
  listen: () => Promise.reject(new Error('this test has no database')),
  afterCommit: () => undefined,
  close: async () => undefined,
}
