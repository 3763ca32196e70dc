import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, type Child } from '../child.ts'
import type { AgentProgram } from './agent-program.ts'

/** Above the 20 MB that are written; the largest that the settings file takes is 1 GiB. */
const outputCapBytes = 64 << 20

/** Starts the agent on a unix socket that exists; everything but the output's cap is as it is installed. */
export function startAgent(program: AgentProgram, options: { folder: string; vmId: string; socket: string }): Child {
  const { folder, vmId, socket } = options
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'config.json')
  const settings = { device: socket, state_dir: join(folder, 'state'), output_cap_bytes: outputCapBytes }
  writeFileSync(file, JSON.stringify(settings))
  return startChild([...program.argv, '--config', file], { cwd: folder, env: { INFINIBAY_VM_ID: vmId } })
}
