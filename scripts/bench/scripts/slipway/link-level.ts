import { join } from 'node:path'
import type { Contender } from '../contender.ts'
import { until } from '../until.ts'
import type { AgentProgram } from './agent-program.ts'
import { LinkHost } from './link-host.ts'
import { startAgent } from './start-agent.ts'

/** The agent with nothing but its socket between it and the clock, as qemu-ga is measured. */
export async function startLinkLevel(folder: string, program: AgentProgram): Promise<Contender> {
  const socket = join(folder, 'link.socket')
  const host = new LinkHost()
  await host.listen(socket)
  const agent = startAgent(program, { folder: join(folder, 'link'), vmId: 'bench-link', socket })
  let isLinked = false
  void host.linked.then(() => (isLinked = true))
  await until('the handshake of the agent', agent, () => (isLinked ? true : null))
  return {
    name: 'slipway link',
    title: `${program.title}; unsigned link`,
    commands: [
      'infiniservice --config FILE with "device": SOCKET, "output_cap_bytes": 67108864',
      'pending_scripts_response with shell BASH and the script, until script_completion (each message acknowledged)',
    ],
    agentPid: agent.pid,
    streams: true,
    run: (script, options) => host.run(script, options),
    async stop() {
      await agent.stop()
      host.close()
    },
  }
}
