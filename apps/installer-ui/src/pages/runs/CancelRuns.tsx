import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Fault } from '@slipway/base'
import type { ScriptExecution } from '@slipway/protocol'
import { useState } from 'react'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { hasEnded } from '../../words/execution-status.ts'

/** Cancels those of many runs that have not ended, once it was asked twice. */
export function CancelRuns({ rows }: { rows: readonly ScriptExecution[] }) {
  const [asked, setAsked] = useState(false)
  const mayOperate = useMay('operate')
  const queries = useQueryClient()
  const open = rows.filter(({ status }) => !hasEnded(status))
  const cancelling = useMutation<unknown, Fault>({
    mutationFn: async () => {
      for (const { id } of open) await client.call('cancelScriptExecution', { params: { id } })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['listScriptExecutions'] }),
    onSuccess: () => setAsked(false),
  })
  if (!mayOperate || open.length === 0) return null
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        Cancel {open.length}…
      </Button>
    )
  return (
    <>
      {cancelling.error && <FaultNote fault={cancelling.error} title="Not all of them were cancelled" />}
      <Button color="red" loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
        Cancel {open.length} that have not ended
      </Button>
      <Button variant="default" onClick={() => setAsked(false)}>
        Let them go on
      </Button>
    </>
  )
}
