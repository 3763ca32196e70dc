import { useDebouncedValue } from '@mantine/hooks'
import { useRoute } from '../../../api/route-query.ts'
import { useDraft } from '../draft/draft.ts'

/** A plan is asked for when nobody has typed for this long: the machine is asked too, and probes the network. */
const pauseMs = 800

/** The plan of the draft as it stands; not asked for while the draft has errors. */
export function usePlan() {
  const { text, machineId, check } = useDraft()
  const [settled] = useDebouncedValue(text, pauseMs)
  const isSound = check.findings.every(({ severity }) => severity !== 'error')
  const plan = useRoute(
    'makePlan',
    { body: { machine_id: machineId, kdl: settled } },
    { enabled: isSound && settled === text },
  )
  return { ...plan, isSound, data: settled === text && isSound ? plan.data : undefined }
}
