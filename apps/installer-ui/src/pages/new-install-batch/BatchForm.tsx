import { useAct } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { useDraft } from '../wizard/draft/draft.ts'
import { machinesOf, type BatchLine, type BatchWish } from './batch-wish.ts'
import { StartPanel } from './StartPanel.tsx'
import { ValuesPanel } from './ValuesPanel.tsx'

export interface BatchFormProps {
  readonly wish: BatchWish
  readonly lines: readonly BatchLine[]
  readonly onChange: (wish: BatchWish) => void
}

/** Each machine's values, and the start. A check counts until what it looked at changes. */
export function BatchForm({ wish, lines, onChange }: BatchFormProps) {
  const { text, config } = useDraft()
  const checking = useAct('checkInstallBatch')
  if (!config) return null // StepFrame says that the text cannot be read
  const body = { kdl: text, machines: machinesOf(wish, config, lines) }
  const isSame = JSON.stringify(checking.variables?.body) === JSON.stringify(body)
  const check = isSame ? checking.data : undefined
  const results = new Map(check?.machines.map((machine) => [machine.machine_id, machine]))
  return (
    <>
      <ValuesPanel wish={wish} config={config} lines={lines} results={results} onChange={onChange} />
      {isSame && checking.error && <FaultNote fault={checking.error} title="The machines were not checked" />}
      <StartPanel
        wish={wish}
        body={body}
        check={check}
        isChecking={checking.isPending}
        onCheck={() => checking.mutate({ body })}
        onChange={onChange}
      />
    </>
  )
}
