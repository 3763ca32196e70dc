import { Button, Code } from '@mantine/core'
import { IconServerOff } from '@tabler/icons-react'
import { useRoute } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { CheckList } from '../../ui/CheckList.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'

/** An empty rack: what was found out about it, and the ways in. */
export function NoMachines({ onAdd }: { onAdd: () => void }) {
  const mayOperate = useMay('operate')
  const doctor = useRoute('doctor', {})
  return (
    <>
      <EmptyState icon={IconServerOff} title="No machines found yet">
        <p>
          Boot a machine from live media of this server and it appears here by itself. Make the media with{' '}
          <Code>./slipway live-image build --out live --url https://SERVER:4443</Code>
        </p>
        {mayOperate && <Button onClick={onAdd}>Add a machine by address</Button>}
      </EmptyState>
      <Panel title="What was checked">
        <QueryView query={doctor} what="the checks of discovery">
          {({ checks }) => <CheckList checks={checks} />}
        </QueryView>
      </Panel>
    </>
  )
}
