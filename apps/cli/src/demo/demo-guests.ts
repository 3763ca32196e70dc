import { join } from 'node:path'
import { isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import { adoptGuests, simulatedGuestIds } from '../simulate/adopt-guests.ts'
import type { BackgroundProgram } from './background-program.ts'

/** Below the demo's data, so that it never meets the guests of a real host. */
export function demoSocketDir(dataDir: string): string {
  return join(dataDir, 'sockets')
}

/** The script that the demo's library begins with. */
export const demoScript = 'hello'
const startMs = 30_000

/**
 * Brings up simulated guests with an agent, adopted, and a script for them. They model what scripts do: what is tried out
 * in a demo must not run on the user's own computer.
 */
export async function startDemoGuests(
  options: { readonly dataDir: string; readonly guests: number; readonly seed: string },
  client: Client,
  start: (name: 'simulate-guests', args: readonly string[]) => BackgroundProgram,
): Promise<void> {
  const flags = {
    guests: options.guests,
    seed: options.seed,
    'socket-dir': demoSocketDir(options.dataDir),
    run: 'model',
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const ids = await simulatedGuestIds(args)
  await adoptGuests(client, ids)
  const program = start('simulate-guests', args)
  await addScript(client)
  await program.waitForLine(/simulated guests? listening/, startMs)
}

async function addScript(client: Client): Promise<void> {
  const script = 'echo "hello from the agent"\n'
  const body = { name: demoScript, os: ['linux' as const, 'windows' as const], shell: 'bash' as const, script }
  await client.call('addScript', { body }).catch((error: unknown) => {
    if (!isFault(error, 'conflict')) throw error // an earlier demo added it
  })
}
