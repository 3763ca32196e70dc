import { faultTable, toFault } from '@slipway/base'
import { startAgent } from './agent.ts'
import { agentPaths } from './configuration/agent-paths.ts'
import { secretVariable } from './configuration/secret-file.ts'
import { loadConfig, type ConfigProblem } from './configuration/load-config.ts'
import { diagnose, printDiagnosis } from './diagnose/diagnose.ts'
import { makeAgentLogger, type AgentLogger } from './logger.ts'
import { parseOptions, usage } from './options.ts'
import { version } from './version.ts'

function run(config: string | undefined): void {
  const { env, platform } = process
  const paths = agentPaths({ platform, env, config })
  const loaded = loadConfig({ paths, env, platform })
  // Scripts must not find the secret in what they inherit.
  delete env[secretVariable]
  if (!loaded.ok) return refuse(loaded.problems)
  const logger = makeAgentLogger(loaded.config.logLevel)
  const stop = makeStop(logger, () => agent.stop())
  const agent = startAgent({ config: loaded.config, paths, logger, leave: stop })
  const { device, server } = loaded.config
  logger.info({ version, link: server ? `${server.hostname}:${server.port}` : device }, 'infiniservice is running')
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** systemd kills after 20 s (packaging/infiniservice.service); whatever hangs, what matters is on disk by then. */
const stopMs = 15_000

function makeStop(logger: AgentLogger, work: () => Promise<void>): () => void {
  let isStopping = false
  return () => {
    if (isStopping) return
    isStopping = true
    logger.info({}, 'infiniservice is stopping')
    setTimeout(() => process.exit(0), stopMs)
    work()
      .catch((error: unknown) => logger.error({ error: String(error) }, 'infiniservice did not stop in order'))
      .finally(() => process.exit(0))
  }
}

async function runDiagnosis(options: { config: string | undefined; json: boolean }): Promise<void> {
  const { env, platform } = process
  const diagnosis = await diagnose({ paths: agentPaths({ platform, env, config: options.config }), env, platform })
  process.stdout.write(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : printDiagnosis(diagnosis))
  process.exitCode = diagnosis.ok ? 0 : 1
}

function refuse(problems: readonly ConfigProblem[]): void {
  for (const { where, what, cure } of problems) console.error(`infiniservice: ${where}: ${what}; ${cure}`)
  process.exitCode = faultTable['configuration-invalid'].exit
}

try {
  const options = parseOptions(process.argv.slice(2))
  switch (options.kind) {
    case 'help':
      console.log(usage)
      break
    case 'version':
      console.log(version)
      break
    case 'diagnose':
      await runDiagnosis(options)
      break
    case 'run':
      run(options.config)
      break
  }
} catch (error) {
  const fault = toFault(error)
  console.error(`infiniservice: ${fault.message}${fault.code === 'usage' ? `\n\n${usage}` : ''}`)
  process.exitCode = faultTable[fault.code].exit
}
