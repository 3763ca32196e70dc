import { Button } from '@mantine/core'
import { IconArrowsShuffle } from '@tabler/icons-react'
import { checkConfig } from '@slipway/machine-config'
import { Notice } from '../../ui/Notice.tsx'
import { useDraft } from '../wizard/draft/draft.ts'
import { makeFirstDraft, type FirstDraft } from '../wizard/draft/first-draft.ts'
import { MachineDraft } from '../wizard/draft/MachineDraft.tsx'
import { StepFrame } from '../wizard/StepFrame.tsx'
import { BatchForm, type BatchFormProps } from './BatchForm.tsx'
import { portable } from './portable.ts'
import { batchDraft } from './use-batch-wish.ts'

interface BatchTemplateProps extends BatchFormProps {
  /** The machine that the config is written for, and checked against while it is typed. */
  readonly model: string
}

/** The config of all machines beside what each gets of its own. */
export function BatchTemplate({ model, ...form }: BatchTemplateProps) {
  return (
    <MachineDraft machineId={model} keptAs={batchDraft} makeFirst={makeFirstTemplate}>
      <StepFrame withText head={<FitsAll />}>
        <BatchForm {...form} />
      </StepFrame>
    </MachineDraft>
  )
}

function makeFirstTemplate(begin: FirstDraft): string {
  const text = makeFirstDraft(begin)
  const { config } = checkConfig(text, { inventory: begin.inventory })
  const edited = config && portable(config, begin.inventory)?.(text)
  return edited?.ok === true ? edited.value : text
}

/** Offers to name the interfaces so that they are found on every machine. */
function FitsAll() {
  const { config, inventory, apply } = useDraft()
  const edit = config && portable(config, inventory)
  if (!edit) return null
  return (
    <Notice
      tone="warn"
      icon={IconArrowsShuffle}
      title="The interfaces are named by one machine’s MAC addresses"
      actions={
        <Button variant="default" onClick={() => apply(edit)}>
          Name them by their place on the bus
        </Button>
      }
    >
      No other machine has these. Machines of one kind have their interfaces in the same order.
    </Notice>
  )
}
