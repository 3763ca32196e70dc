import type { Logger } from '@slipway/base'
import type { LoadedConfiguration } from '../configuration/load-configuration.ts'
import type { Instcomd } from './start-instcomd.ts'

/** Says where the server is, how to get in, and what was decided by itself. */
export function printStart(
  logger: Logger,
  { configuration, sources, files }: LoadedConfiguration,
  instcomd: Instcomd,
): void {
  const { server, guests, database_url } = configuration
  logger.info(
    { files },
    files.length > 0
      ? `Configuration: ${files.join(', ')}`
      : 'Configuration: defaults (no slipway.yaml here or in /etc/slipway)',
  )
  logger.info(
    { data_dir: server.data_dir, embedded: database_url === null },
    database_url === null
      ? `Database: embedded PostgreSQL in ${server.data_dir}/postgres`
      : 'Database: PostgreSQL of DATABASE_URL',
  )
  const socketSource = sources.get('guests.socket_dir') ?? 'default'
  if (socketSource.includes('cannot be written'))
    logger.info(
      { socket_dir: guests.socket_dir },
      `Guest sockets: ${guests.socket_dir}, because ${socketSource.slice('default ('.length, -1)}`,
    )
  logger.info(
    { machine_port: instcomd.machinePort },
    `Machines: TLS on ${server.host} port ${instcomd.machinePort}; CA fingerprint ${instcomd.caFingerprint}`,
  )
  logger.info({ token_file: instcomd.tokenFile }, `Token for programs: ${instcomd.tokenFile}`)
  logger.info({ setup_url: instcomd.setupUrl }, `Open once in a browser, within the hour: ${instcomd.setupUrl}`)
  logger.info({ url: instcomd.url }, `Listening: ${instcomd.url}`)
}
