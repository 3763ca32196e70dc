import { join } from 'node:path'
import { agentVersion, compileAgent, repository } from '../../../agent/compile-agent.ts'
import { ownTarget } from '../../../agent/bring-bun.ts'

/** The agent as it is measured. */
export interface AgentProgram {
  readonly argv: readonly [string, ...string[]]
  readonly title: string
}

/** The agent that scripts/build-agent.sh would build for this machine; from its source in Node, and saying so, where Bun cannot be had. */
export async function findAgentProgram(): Promise<AgentProgram> {
  const version = await agentVersion()
  try {
    const target = ownTarget()
    const file = await compileAgent({ target, version, publicKey: null })
    return { argv: [file], title: `infiniservice ${version}, compiled with Bun for ${target}` }
  } catch (error) {
    console.log(`the agent could not be compiled and runs from source: ${String(error)}`)
    const argv = [process.execPath, join(repository, 'apps/infiniservice/src/main.ts')] as const
    return { argv: [...argv], title: `infiniservice ${version} from source in Node ${process.version}` }
  }
}
