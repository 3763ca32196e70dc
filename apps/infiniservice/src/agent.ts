import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { Fault } from '@slipway/base'
import { commandCapabilities, makeCommandsPart } from './commands/make-commands-part.ts'
import type { AgentConfig } from './configuration/agent-config.ts'
import type { AgentPaths } from './configuration/agent-paths.ts'
import { makeSecretFile } from './configuration/secret-file.ts'
import { openLink } from './link/open-link.ts'
import type { AgentLogger } from './logger.ts'
import { makeMetricsPart } from './metrics/make-metrics-part.ts'
import { makeScriptRuns } from './scripts/make-script-runs.ts'
import { makeAgentSession } from './session/agent-session.ts'
import { makeConfirmBoot } from './session/confirm-boot.ts'
import { makeFirstBoot } from './session/first-boot.ts'
import type { SessionPart } from './session/host-session.ts'
import { readIdentity } from './session/read-identity.ts'
import { makeLastContactPart } from './session/last-contact.ts'
import { makeUpdates } from './update/make-updates.ts'
import { parseMinisignKey, type MinisignKey } from './update/minisign.ts'
import { ownProgram } from './update/own-program.ts'
import { builtInPublicKey, version } from './version.ts'

/** Deadlines of the session are looked at once a second: a keep-alive that is a second late harms nobody. */
const tickMs = 1_000

/** A running agent. */
export interface Agent {
  /** Ends scripts (reported as interrupted), writes what must not be lost, and lets go of the link. */
  stop(): Promise<void>
}

export interface AgentOptions {
  readonly config: AgentConfig
  readonly paths: AgentPaths
  readonly logger: AgentLogger
  /** Ends the process after an update; the service starts it again. */
  readonly leave: () => void
}

/** Puts the agent's parts together and starts them. Throws what the file system says when the state cannot be kept. */
export function startAgent(options: AgentOptions): Agent {
  const { config, paths, logger } = options
  const { stateDir, vmId, outputCapBytes } = config
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const scripts = makeScriptRuns({ stateDir, logger, outputCapBytes, vmId })
  const metrics = makeMetricsPart({ logger })
  const commands = makeCommandsPart({ logger })
  const firstBoot = makeFirstBoot({ path: config.firstBootFile, logger, confirm: makeConfirmBoot(logger) })
  const updates = makeUpdates({
    program: ownProgram(),
    version,
    stateDir,
    readKey: () => readKey(paths.publicKey),
    readCa: () => config.server?.caPem ?? (existsSync(paths.ca) ? readFileSync(paths.ca, 'utf8') : null),
    isBusy: () => scripts.running() > 0,
    leave: options.leave,
    logger,
  })
  const session = makeAgentSession({
    link: openLink({ config, tokenFile: paths.enrolmentToken, logger }),
    identity: readIdentity(vmId, ['scripts', 'metrics', 'update', ...commandCapabilities]),
    secret: makeSecretFile(paths.secret, config.secret),
    parts: [
      scripts,
      withInterval(metrics, config.metricsIntervalS),
      commands,
      updates,
      firstBoot.part,
      makeLastContactPart({ stateDir, version, logger }),
      makeLogLevelPart(logger),
    ],
    firstBoot: () => firstBoot.pending(),
    logger,
  })
  session.start()
  const timer = setInterval(() => session.tick(), tickMs)
  return {
    async stop() {
      clearInterval(timer)
      updates.stop()
      metrics.stop()
      commands.stop()
      await scripts.stop()
      session.stop()
    },
  }
}

/** An interval that an administrator wrote down stands in place of the host's; `configure` changes it until the next session. */
function withInterval(metrics: SessionPart, intervalS: number | null): SessionPart {
  if (intervalS === null) return metrics
  return {
    onOpen: (session) => metrics.onOpen?.(session),
    onClose: () => metrics.onClose?.(),
    onDrain: (session) => metrics.onDrain?.(session),
    onMessage(message, session) {
      const own = message.type === 'handshake_ack' ? { ...message, metrics_interval_s: intervalS } : message
      return metrics.onMessage(own, session)
    },
  }
}

/** An administrator's key wins over the one built in. */
function readKey(file: string): MinisignKey {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : builtInPublicKey
  if (text !== null) return parseMinisignKey(text)
  throw new Fault(
    'configuration-invalid',
    `there is no public key to check updates with; put the release’s into ${file}`,
  )
}

function makeLogLevelPart(logger: AgentLogger): SessionPart {
  return {
    onMessage(message) {
      if (message.type !== 'configure') return false
      if (message.log_level) logger.setLevel(message.log_level)
      return true
    },
  }
}
