import { Fault, isFault } from '@slipway/base'
import type { Client } from '@slipway/client'
import type { Machine } from '@slipway/protocol'

/** Finds a machine by id, else by its unambiguous host name. */
export async function findMachine(client: Client, name: string): Promise<Machine> {
  const byId = await client.call('getMachine', { params: { machine_id: name } }).catch((error: unknown) => {
    if (isFault(error, 'not-found')) return null
    throw error
  })
  if (byId) return byId
  const page = await client.call('listMachines', { query: { q: name } })
  const matches = page.items.filter((machine) => machine.hostname === name || machine.hostname?.split('.')[0] === name)
  if (matches.length === 1 && matches[0]) return matches[0]
  if (matches.length === 0) {
    throw new Fault('not-found', `no machine has the id or host name "${name}"; see slipway machines list`)
  }
  const ids = matches.map((machine) => machine.machine_id).join(', ')
  throw new Fault('conflict', `"${name}" names ${matches.length} machines; use one of the ids ${ids}`)
}
