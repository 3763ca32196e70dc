import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@slipway/base'
import type { AgentConfig } from '../configuration/agent-config.ts'
import { makeAgentIdentity } from '../enrolment/agent-identity.ts'
import type { AgentLink } from './agent-link.ts'
import { makePortLink } from './port/port-link.ts'
import { dialUnixLink } from './unix-link.ts'
import { makeWebSocketLink } from './websocket/websocket-link.ts'
import { makeWindowsPortLink } from './windows/windows-port-link.ts'

export interface OpenLinkOptions {
  readonly config: Pick<AgentConfig, 'device' | 'server' | 'stateDir' | 'vmId'>
  readonly tokenFile: string
  readonly logger: Logger
}

/** Makes the link that the configuration asks for: the server when one is named, else the device. */
export function openLink({ config, tokenFile, logger }: OpenLinkOptions): AgentLink {
  const { server, device } = config
  if (server) {
    const folder = join(config.stateDir, 'identity')
    const certificate = makeAgentIdentity({ server, machineId: config.vmId, folder, tokenFile, logger })
    return makeWebSocketLink({ server, certificate })
  }
  if (device.startsWith('\\\\')) return makeWindowsPortLink(device)
  return isSocket(device) ? dialUnixLink({ path: device }) : makePortLink({ path: device })
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}
