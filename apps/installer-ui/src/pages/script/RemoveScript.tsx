import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Script } from '@slipway/protocol'
import { useAct } from '../../api/route-query.ts'
import { AskTwice } from '../../ui/AskTwice.tsx'

/** Deletes a script once it was asked twice. */
export function RemoveScript({ script }: { script: Script }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const removing = useAct('removeScript', {
    async onSuccess() {
      await navigate({ to: '/scripts', ignoreBlocker: true })
      await queries.invalidateQueries({ queryKey: ['listScripts'] })
    },
  })
  return (
    <AskTwice
      words={{ ask: 'Delete', confirm: 'Delete for good', keep: 'Keep' }}
      fault={removing.error}
      failed="The script was not deleted"
      isPending={removing.isPending}
      onConfirm={() => removing.mutate({ params: { id: script.id } })}
    />
  )
}
