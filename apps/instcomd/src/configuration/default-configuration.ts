import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Configuration } from './configuration.ts'

const infinibay = '/opt/infinibay'

type Environment = Readonly<Record<string, string | undefined>>

/** What holds where nobody says otherwise (api.md); `guests.socket_dir` follows the data directory in force. */
export function defaultConfiguration(env: Environment): Configuration {
  return {
    server: { host: '127.0.0.1', port: 4000, machine_port: 4443, public_url: null, data_dir: defaultDataDir(env) },
    database_url: null,
    default_oci_registry: null,
    discovery: {
      multicast_group: '239.255.255.250',
      port: 1900,
      timeout: 30_000,
      interval: 30_000,
      ttl: 1,
      targets: [],
      interface: null,
    },
    machined: { default_port: 8443, connection_timeout: 60_000, claim_timeout: 300_000 },
    guests: { socket_dir: '', allow_legacy: true },
    distribution: { allowed_networks: [], require_token: false, listen: [] },
    scripts: { per_machine: 4, result_wait: 24 * 3_600_000 },
    installation: { max_concurrent: 10, progress_interval: 5000, commit_timeout: 30 * 60_000, log_level: 'info' },
    tls: { cert_file: null, key_file: null, ca_file: null, verify_peer: true },
    registries: {},
  }
}

function defaultDataDir(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/slipway'
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'slipway')
}

/** The agents' base folder: `INFINIBAY_BASE_DIR`; without it /opt/infinibay if it can be written, else below the data directory. */
export function infinibayBase(env: Environment, dataDir: string): { path: string; source: string } {
  if (env.INFINIBAY_BASE_DIR) return { path: env.INFINIBAY_BASE_DIR, source: 'environment INFINIBAY_BASE_DIR' }
  if (isWritable(infinibay)) return { path: infinibay, source: 'default' }
  return { path: join(dataDir, 'infinibay'), source: `default (${infinibay} cannot be written)` }
}

/** `sockets` in the agents' base folder. */
export function defaultSocketDir(env: Environment, dataDir: string): { path: string; source: string } {
  const { path, source } = infinibayBase(env, dataDir)
  return { path: join(path, 'sockets'), source }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
