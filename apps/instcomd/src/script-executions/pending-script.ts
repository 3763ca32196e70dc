import type { AgentShell, HostOutgoing, PendingScript } from '@slipway/protocol'
import { z } from 'zod'
import type { Secrets } from '../pki/secrets.ts'
import type { ClaimedRow } from './execution-row.ts'

/** A line holds 8 MiB; scripts of one machine are split over lines well below. */
const mostLineCharacters = 2 * 1024 * 1024

const shells: Record<ClaimedRow['shell'], AgentShell> = { bash: 'BASH', sh: 'SH', powershell: 'POWERSHELL', cmd: 'CMD' }
const environmentSchema = z.record(z.string(), z.string())

/** Seals the environment of one execution; null for an empty one. */
export function sealEnvironment(
  secrets: Secrets,
  id: string,
  environment: Readonly<Record<string, string>>,
): string | null {
  if (Object.keys(environment).length === 0) return null
  return secrets.encrypt(JSON.stringify(environment), sealContext(id))
}

/** Makes what the agent gets of a claimed row. */
export function pendingScript(secrets: Secrets, row: ClaimedRow): PendingScript {
  const env =
    row.env_sealed === null
      ? {}
      : environmentSchema.parse(JSON.parse(secrets.decrypt(row.env_sealed, sealContext(row.id))))
  return {
    execution_id: row.id,
    attempt: row.attempt,
    script_id: row.scriptid,
    script_name: row.script_name,
    script_content: row.program,
    shell: shells[row.shell],
    execution_type: row.executiontype,
    input_values: row.inputvalues,
    timeout_seconds: row.timeout_seconds,
    run_as: row.executedas,
    env,
  }
}

/** Groups scripts into messages that fit a line. */
export function pendingMessages(
  scripts: readonly PendingScript[],
): { message: HostOutgoing; ids: readonly string[] }[] {
  const groups: PendingScript[][] = []
  let size = Infinity
  for (const script of scripts) {
    const length = script.script_content.length + JSON.stringify(script.env).length
    const last = groups.at(-1)
    if (last && size + length <= mostLineCharacters) {
      last.push(script)
      size += length
    } else {
      groups.push([script])
      size = length
    }
  }
  return groups.map((group) => ({
    message: { type: 'pending_scripts_response', scripts: group },
    ids: group.map(({ execution_id }) => execution_id),
  }))
}

function sealContext(id: string): string {
  return `script-execution:${id}`
}
