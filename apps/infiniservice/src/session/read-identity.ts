import { readFileSync } from 'node:fs'
import { arch, uptime } from 'node:os'
import { version } from '../version.ts'
import type { AgentIdentity } from './agent-session.ts'

/** Says who the agent is (agent.md, `handshake`); `capabilities` come from its parts. */
export function readIdentity(vmId: string, capabilities: readonly string[]): AgentIdentity {
  return {
    vm_id: vmId,
    version,
    platform: process.platform === 'win32' ? 'windows' : 'linux',
    arch: arch(),
    boot_id: readBootId(),
    capabilities: [...capabilities],
  }
}

/** random(4): a UUID per boot; Windows is told apart by its start time, to ten seconds, because uptime is rounded. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `boot-${Math.round((Date.now() / 1000 - uptime()) / 10)}`
  }
}
