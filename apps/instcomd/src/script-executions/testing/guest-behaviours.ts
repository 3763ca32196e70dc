import type { AppContext } from '../../app-context.ts'
import { FakeAgent, type Behaviour } from './fake-links.ts'
import { addMachine, type ScriptStand } from './script-stand.ts'

export const silent: Behaviour = () => undefined
export const accepts: Behaviour = (script, agent) => agent.accept(script)
export const starts: Behaviour = async (script, agent) => {
  await agent.accept(script)
  await agent.start(script)
}

/** A new machine whose agent is linked to a stand. */
export async function linkAgent(
  stand: ScriptStand,
  machineId: string,
  behaviour: Behaviour,
  options: { protocol?: 1 | 2 } = {},
): Promise<FakeAgent> {
  const agent = new FakeAgent(await addMachine(stand.context, machineId), { behaviour, ...options })
  await stand.links.link(agent)
  return agent
}

/** Stored output as stream, number and text. */
export async function storedOutput({ database }: AppContext, id: string): Promise<unknown[]> {
  const rows = await database.query<{ stream: string; seq: number; data: string }>(
    'SELECT stream, seq, data FROM script_outputs WHERE execution_id = $1 ORDER BY position',
    [id],
  )
  return rows.map(({ stream, seq, data }) => [stream, seq, data])
}
