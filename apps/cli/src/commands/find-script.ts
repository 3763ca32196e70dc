import { Fault } from '@slipway/base'
import type { Client } from '@slipway/client'
import type { Script } from '@slipway/protocol'

/** Finds a script by id or name. Names have spaces and slashes, ids do not. */
export async function findScript(client: Client, name: string): Promise<Script> {
  if (name === '' || name.length > 128)
    throw new Fault('not-found', `no script has the id or name “${name}”; see slipway scripts list`)
  return client.call('getScript', { params: { id: name } })
}
