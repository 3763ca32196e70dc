import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@slipway/client'
import { freePorts } from '@slipway/testing'
import { repository } from '../../../agent/compile-agent.ts'
import { startChild, type Child } from '../child.ts'
import { until } from '../until.ts'

/** instcomd with its own PostgreSQL as it comes: fsync on, log level info, nothing switched off but discovery beyond loopback. */
export async function startInstcomd(folder: string, socketDir: string): Promise<{ child: Child; client: Client }> {
  // Passable for others: as root, PostgreSQL runs as an unprivileged user below it.
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const config = join(folder, 'slipway.yaml')
  writeFileSync(config, '{}\n')
  const [port, machinePort, discoveryPort] = await freePorts(3)
  const flags = {
    config,
    port,
    'machine-port': machinePort,
    'data-dir': folder,
    'discovery-interface': '127.0.0.1',
  }
  const settings = [`discovery.port=${discoveryPort}`, `guests.socket_dir=${socketDir}`]
  const child = startChild([
    process.execPath,
    join(repository, 'apps/instcomd/src/main.ts'),
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    ...settings.flatMap((setting) => ['--set', setting]),
  ])
  const url = `http://127.0.0.1:${port}`
  try {
    await until('instcomd', child, async () =>
      (await fetch(`${url}/ready`).catch(() => null))?.status === 200 ? true : null,
    )
    const token = readFileSync(join(folder, 'admin.token'), 'utf8').trim()
    return { child, client: new Client({ url, token }) }
  } catch (error) {
    await child.stop()
    throw error
  }
}
