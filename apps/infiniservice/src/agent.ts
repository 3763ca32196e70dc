import { systemClock } from './session/agent-clock.ts'
import { makeAgentSession } from './session/agent-session.ts'
import type { SessionPart } from './session/host-session.ts'
import { memorySecret } from './session/session-secret.ts'
import { readIdentity } from './session/read-identity.ts'
import { openLink } from './link/open-link.ts'
import type { AgentConfig } from './configuration/agent-config.ts'
import type { AgentLogger } from './logger.ts'

/** Deadlines of the session are looked at once a second: a keep-alive that is a second late harms nobody. */
const tickMs = 1_000

/** A running agent. */
export interface Agent {
  stop(): void
}

/** Puts the agent together and starts it. */
export function startAgent(options: { config: AgentConfig; logger: AgentLogger }): Agent {
  const { config, logger } = options
  const parts: SessionPart[] = [makeLogLevelPart(logger)]
  const session = makeAgentSession({
    link: openLink(config.device),
    identity: readIdentity(config.vmId, []),
    secret: memorySecret(config.secret),
    parts,
    logger,
    clock: systemClock,
  })
  session.start()
  const timer = setInterval(() => session.tick(), tickMs)
  return {
    stop() {
      clearInterval(timer)
      session.stop()
    },
  }
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
