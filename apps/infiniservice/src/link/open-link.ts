import { statSync } from 'node:fs'
import type { AgentLink } from './agent-link.ts'
import { makePortLink } from './port/port-link.ts'
import { dialUnixLink } from './unix-link.ts'

/** Opens the link that a device path asks for: a unix socket is dialled, everything else is a port. */
export function openLink(device: string): AgentLink {
  if (isSocket(device)) return dialUnixLink({ path: device })
  return makePortLink({ path: device })
}

function isSocket(path: string): boolean {
  if (path.startsWith('\\\\')) return false // statting a pipe would open it
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}
