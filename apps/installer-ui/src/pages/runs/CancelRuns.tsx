import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Fault } from '@slipway/base'
import type { ScriptExecution } from '@slipway/protocol'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { AskTwice } from '../../ui/AskTwice.tsx'
import { hasEnded } from '../../words/execution-status.ts'

/** Cancels those of many runs that have not ended, once it was asked twice. */
export function CancelRuns({ rows }: { rows: readonly ScriptExecution[] }) {
  const mayOperate = useMay('operate')
  const queries = useQueryClient()
  const open = rows.filter(({ status }) => !hasEnded(status))
  const cancelling = useMutation<unknown, Fault>({
    mutationFn: async () => {
      for (const { id } of open) await client.call('cancelScriptExecution', { params: { id } })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['listScriptExecutions'] }),
  })
  if (!mayOperate || open.length === 0) return null
  return (
    <AskTwice
      words={{
        ask: `Cancel ${open.length}…`,
        confirm: `Cancel ${open.length} that have not ended`,
        keep: 'Let them go on',
      }}
      fault={cancelling.error}
      failed="Not all of them were cancelled"
      isPending={cancelling.isPending}
      onConfirm={(done) => cancelling.mutate(undefined, { onSuccess: done })}
    />
  )
}
