import { Button } from '@mantine/core'
import type { Fault } from '@slipway/base'
import { useState } from 'react'
import { FaultNote } from './FaultNote.tsx'

interface AskTwiceProps {
  /** The first button; the one that does it; the one that goes back. */
  readonly words: { readonly ask: string; readonly confirm: string; readonly keep: string }
  readonly fault: Fault | null
  /** Title of the fault. */
  readonly failed: string
  readonly isPending: boolean
  /** Does it; `done` shows the first button again. */
  onConfirm(done: () => void): void
}

/** A button for what cannot be taken back: it asks once more. */
export function AskTwice({ words, fault, failed, isPending, onConfirm }: AskTwiceProps) {
  const [asked, setAsked] = useState(false)
  const goBack = () => setAsked(false)
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        {words.ask}
      </Button>
    )
  return (
    <>
      {fault && <FaultNote fault={fault} title={failed} />}
      <Button color="red" loading={isPending} onClick={() => onConfirm(goBack)}>
        {words.confirm}
      </Button>
      <Button variant="default" onClick={goBack}>
        {words.keep}
      </Button>
    </>
  )
}
