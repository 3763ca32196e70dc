import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Script } from '@slipway/protocol'
import { useState } from 'react'
import { useAct } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'

/** Deletes a script once it was asked twice. */
export function RemoveScript({ script }: { script: Script }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const removing = useAct('removeScript', {
    async onSuccess() {
      await navigate({ to: '/scripts', ignoreBlocker: true })
      await queries.invalidateQueries({ queryKey: ['listScripts'] })
    },
  })
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        Delete
      </Button>
    )
  return (
    <>
      {removing.error && <FaultNote fault={removing.error} title="The script was not deleted" />}
      <Button color="red" loading={removing.isPending} onClick={() => removing.mutate({ params: { id: script.id } })}>
        Delete for good
      </Button>
      <Button variant="default" onClick={() => setAsked(false)}>
        Keep
      </Button>
    </>
  )
}
