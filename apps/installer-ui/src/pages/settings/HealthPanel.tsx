import { Button } from '@mantine/core'
import { useRoute } from '../../api/route-query.ts'
import { CheckList } from '../../ui/CheckList.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'

/** The doctor's checks: discovery, ports, certificates, database, registries. */
export function HealthPanel() {
  const doctor = useRoute('doctor', {})
  return (
    <Panel
      title="Checks"
      actions={
        <Button variant="default" loading={doctor.isFetching} onClick={() => void doctor.refetch()}>
          Check again
        </Button>
      }
    >
      <QueryView query={doctor} what="the checks">
        {({ checks }) => <CheckList checks={checks} />}
      </QueryView>
    </Panel>
  )
}
