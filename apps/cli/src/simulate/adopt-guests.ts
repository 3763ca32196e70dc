import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Fault, isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import { programFiles } from '../repository.ts'

/** Requests at once: enough to keep a server busy, few enough to leave room for others. */
const atOnce = 16

/** The ids that simulated guests with these arguments will have; they are theirs to choose. Throws `usage`. */
export async function simulatedGuestIds(args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, [programFiles['simulate-guests'], ...args, '--ids'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Fault('usage', 'the simulated guests were not understood; see above')
  return Buffer.concat(said).toString('utf8').trim().split('\n')
}

/** Enters each guest as a machine of its name, so that its socket is served; returns how many were new. */
export async function adoptGuests(client: Client, ids: readonly string[]): Promise<number> {
  let next = 0
  let adopted = 0
  const worker = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) if (await adopt(client, id)) adopted += 1
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, ids.length) }, worker))
  return adopted
}

async function adopt(client: Client, id: string): Promise<boolean> {
  try {
    await client.call('addMachine', { body: { kind: 'virtual', id, name: id } })
    return true
  } catch (error) {
    if (isFault(error, 'conflict')) return false // adopted by an earlier run
    throw error
  }
}
