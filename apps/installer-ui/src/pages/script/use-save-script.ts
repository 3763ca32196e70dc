import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Fault } from '@slipway/base'
import type { Script } from '@slipway/protocol'
import { client } from '../../api/client.ts'
import { routeQuery } from '../../api/route-query.ts'

interface Saving {
  readonly source: string
  /** The version that the text was made of. */
  readonly base: Script
}

/**
 * Saves a script's text unless somebody saved another version than the one it was made of: then theirs is put on the page
 * instead, and null is the answer. The API has no condition on saving, so two people within the same moment still pass.
 */
export function useSaveScript(onSaved: (saved: Script) => void) {
  const queries = useQueryClient()
  return useMutation<Script | null, Fault, Saving>({
    async mutationFn({ source, base }) {
      const input = { params: { id: base.id } }
      const newest = await client.call('getScript', input)
      if (newest.revision === base.revision) return client.call('changeScript', { ...input, body: { source } })
      queries.setQueryData(routeQuery('getScript', input).queryKey, newest)
      return null
    },
    async onSuccess(saved) {
      if (saved === null) return
      queries.setQueryData(routeQuery('getScript', { params: { id: saved.id } }).queryKey, saved)
      onSaved(saved)
      await queries.invalidateQueries({ queryKey: ['listScripts'] })
    },
  })
}
