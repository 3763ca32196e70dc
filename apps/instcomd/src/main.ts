// instcomd: the control plane. Reads the configuration, builds everything once, listens.
import { faultTable, toFault } from '@slipway/base'
import { loadConfiguration } from './configuration/load-configuration.ts'
import { readFlags, usage } from './configuration/read-flags.ts'
import { makeDomain } from './domain.ts'
import { distributionFolder } from './distribution/distribution-folder.ts'
import { makeLogger } from './program/make-logger.ts'
import { printStart } from './program/print-start.ts'
import { startInstcomd } from './program/start-instcomd.ts'
import { stopOnSignal } from './program/stop-on-signal.ts'
import { readVersion } from './program/version.ts'

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) return void process.stdout.write(`${usage}\n`)
  if (flags.version) return void process.stdout.write(`instcomd ${readVersion()}\n`)
  const loaded = loadConfiguration({ flags, env: process.env, cwd: process.cwd() })
  const logger = makeLogger({ level: loaded.configuration.installation.log_level, readable: process.stdout.isTTY })
  const signals = stopOnSignal(logger)
  const instcomd = await startInstcomd({
    ...loaded,
    logger,
    makeDomain,
    masterKeyFile: process.env.SLIPWAY_MASTER_KEY_FILE || null,
    distributionFolder: distributionFolder(process.env, loaded.configuration.server.data_dir),
  })
  printStart(logger, loaded, instcomd)
  signals.onStop(() => instcomd.stop())
}

main().catch((error: unknown) => {
  const fault = toFault(error)
  process.stderr.write(`instcomd: ${fault.message}\n`)
  if (fault.code === 'internal')
    process.stderr.write(`${fault.cause instanceof Error ? fault.cause.stack : fault.stack}\n`)
  process.exit(faultTable[fault.code].exit)
})
