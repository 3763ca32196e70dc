import { Button } from '@mantine/core'
import { IconArrowsShuffle } from '@tabler/icons-react'
import { checkConfig } from '@slipway/machine-config'
import type { Inventory } from '@slipway/protocol'
import { useRoute } from '../../api/route-query.ts'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { useDraft } from '../wizard/draft/draft.ts'
import { DraftProvider } from '../wizard/draft/DraftProvider.tsx'
import { makeFirstDraft } from '../wizard/draft/first-draft.ts'
import { StartedFrom } from '../wizard/draft/StartedFrom.tsx'
import { useLastImage } from '../wizard/draft/use-last-image.ts'
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
  const inventory = useRoute('getMachineInventory', { params: { machine_id: model } })
  const image = useLastImage()
  return (
    <QueryView query={inventory} what="the hardware">
      {(hardware) =>
        image === undefined ? (
          <Loading what="the images in use" />
        ) : (
          <StartedFrom keptAs={batchDraft}>
            <DraftProvider
              machineId={model}
              keptAs={batchDraft}
              inventory={hardware}
              first={() => firstTemplate(hardware, image)}
            >
              <StepFrame withText head={<FitsAll />}>
                <BatchForm {...form} />
              </StepFrame>
            </DraftProvider>
          </StartedFrom>
        )
      }
    </QueryView>
  )
}

function firstTemplate(inventory: Inventory, image: string): string {
  const text = makeFirstDraft({ inventory, image })
  const { config } = checkConfig(text, { inventory })
  const edited = config && portable(config, inventory)?.(text)
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
