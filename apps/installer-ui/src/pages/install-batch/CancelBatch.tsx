import { Button } from '@mantine/core'
import { useState } from 'react'
import type { WholeInstallBatch } from '@slipway/protocol'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { mayDo } from '../../words/installation-state.ts'

/** Cancels what of a batch can still be, once it was asked twice. */
export function CancelBatch({ batch: { id, machines } }: { batch: WholeInstallBatch }) {
  const [asked, setAsked] = useState(false)
  const mayOperate = useMay('operate')
  const open = machines.filter(({ installation }) => mayDo.cancel(installation)).length
  const cancelling = useAct('cancelInstallBatch', { onSuccess: () => setAsked(false) })
  if (!mayOperate || open === 0) return null
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        Cancel {open}…
      </Button>
    )
  return (
    <>
      {cancelling.error && <FaultNote fault={cancelling.error} title="Not all of them were cancelled" />}
      <Button color="red" loading={cancelling.isPending} onClick={() => cancelling.mutate({ params: { id } })}>
        Cancel {open} that have not ended
      </Button>
      <Button variant="default" onClick={() => setAsked(false)}>
        Let them go on
      </Button>
    </>
  )
}
