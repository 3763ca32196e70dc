import type { ReactNode } from 'react'
import { useRoute } from '../../../api/route-query.ts'
import { Loading } from '../../../ui/Loading.tsx'
import { QueryView } from '../../../ui/QueryView.tsx'
import { DraftProvider } from './DraftProvider.tsx'
import { makeFirstDraft, type FirstDraft } from './first-draft.ts'
import { StartedFrom } from './StartedFrom.tsx'
import { useLastImage } from './use-last-image.ts'

interface MachineDraftProps {
  readonly machineId: string
  /** Under which name this browser keeps it; default: the machine's id. */
  readonly keptAs?: string
  /** What a new draft begins with. */
  readonly makeFirst?: (begin: FirstDraft) => string
  readonly children: ReactNode
}

/** A draft that is checked for one machine, once that machine's hardware is known. */
export function MachineDraft({
  machineId,
  keptAs = machineId,
  makeFirst = makeFirstDraft,
  children,
}: MachineDraftProps) {
  const inventory = useRoute('getMachineInventory', { params: { machine_id: machineId } })
  const image = useLastImage()
  return (
    <QueryView query={inventory} what="the hardware">
      {(hardware) =>
        image === undefined ? (
          <Loading what="the images in use" />
        ) : (
          <StartedFrom keptAs={keptAs}>
            <DraftProvider
              machineId={machineId}
              keptAs={keptAs}
              inventory={hardware}
              first={() => makeFirst({ inventory: hardware, image })}
            >
              {children}
            </DraftProvider>
          </StartedFrom>
        )
      }
    </QueryView>
  )
}
