import type { ReactNode } from 'react'
import { useRoute } from '../../../api/route-query.ts'
import { Loading } from '../../../ui/Loading.tsx'
import { QueryView } from '../../../ui/QueryView.tsx'
import { DraftProvider } from './DraftProvider.tsx'
import { makeFirstDraft } from './first-draft.ts'
import { StartedFrom } from './StartedFrom.tsx'
import { useLastImage } from './use-last-image.ts'

/** The draft of one machine, once its hardware is known. */
export function MachineDraft({ machineId, children }: { machineId: string; children: ReactNode }) {
  const inventory = useRoute('getMachineInventory', { params: { machine_id: machineId } })
  const image = useLastImage()
  return (
    <QueryView query={inventory} what="the hardware">
      {(hardware) =>
        image === undefined ? (
          <Loading what="the images in use" />
        ) : (
          <StartedFrom keptAs={machineId}>
            <DraftProvider
              machineId={machineId}
              inventory={hardware}
              first={() => makeFirstDraft({ inventory: hardware, image })}
            >
              {children}
            </DraftProvider>
          </StartedFrom>
        )
      }
    </QueryView>
  )
}
