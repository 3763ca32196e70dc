import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderVariable, removeTestCluster } from './postgres-cluster.ts'

const prefix = 'slipway-test-postgres-'

/** Names this run's folder (the cluster starts with the first test that asks) and removes what a killed run left. */
export async function setup(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.slice(prefix.length))
    if (name.startsWith(prefix) && pid > 0 && !isAlive(pid)) await removeTestCluster(join(tmpdir(), name))
  }
  process.env[folderVariable] = join(tmpdir(), `${prefix}${process.pid}`)
}

export async function teardown(): Promise<void> {
  await removeTestCluster(join(tmpdir(), `${prefix}${process.pid}`))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
