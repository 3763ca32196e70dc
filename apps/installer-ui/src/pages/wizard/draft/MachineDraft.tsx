import type { ReactNode } from 'react'
import { useList, useRoute } from '../../../api/route-query.ts'
import { Loading } from '../../../ui/Loading.tsx'
import { QueryView } from '../../../ui/QueryView.tsx'
import { DraftProvider } from './DraftProvider.tsx'
import { StartedFrom } from './StartedFrom.tsx'

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
          <StartedFrom machineId={machineId}>
            <DraftProvider machineId={machineId} inventory={hardware} image={image}>
              {children}
            </DraftProvider>
          </StartedFrom>
        )
      }
    </QueryView>
  )
}

/** What was installed last on any machine is most likely wanted again; empty: nothing yet; undefined: still unknown. */
function useLastImage(): string | undefined {
  const { data, error } = useList('listInstallations')
  if (error) return ''
  return data && (data.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0]?.image.reference ?? '')
}
