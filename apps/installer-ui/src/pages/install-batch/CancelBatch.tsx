import type { WholeInstallBatch } from '@slipway/protocol'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { AskTwice } from '../../ui/AskTwice.tsx'
import { mayDo } from '../../words/installation-state.ts'

/** Cancels what of a batch can still be, once it was asked twice. */
export function CancelBatch({ batch: { id, machines } }: { batch: WholeInstallBatch }) {
  const mayOperate = useMay('operate')
  const open = machines.filter(({ installation }) => mayDo.cancel(installation)).length
  const cancelling = useAct('cancelInstallBatch')
  if (!mayOperate || open === 0) return null
  return (
    <AskTwice
      words={{ ask: `Cancel ${open}…`, confirm: `Cancel ${open} that have not ended`, keep: 'Let them go on' }}
      fault={cancelling.error}
      failed="Not all of them were cancelled"
      isPending={cancelling.isPending}
      onConfirm={(done) => cancelling.mutate({ params: { id } }, { onSuccess: done })}
    />
  )
}
