import { Select } from '@mantine/core'
import { isTerminal, type Installation } from '@slipway/protocol'
import { useState } from 'react'
import { useList, useRoute } from '../../api/route-query.ts'
import { exactTime, printSpan } from '../../ui/format-time.ts'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { useNow } from '../../ui/RelativeTime.tsx'
import classes from './WaterfallPanel.module.css'
import { waterfall, type Bar } from './waterfall.ts'

/** Where the time went, step by step; beside it the times of another installation. */
export function WaterfallPanel({ installation }: { installation: Installation }) {
  const { installation_id } = installation
  const timeline = useRoute('getTimeline', { params: { id: installation_id } })
  const [otherId, setOtherId] = useState<string | null>(null)
  const other = useRoute('getTimeline', { params: { id: otherId ?? '' } }, { enabled: otherId !== null })
  const now = useNow()
  return (
    <Panel title="Steps" actions={<OtherChoice installation={installation} chosen={otherId} onChoose={setOtherId} />}>
      <QueryView query={timeline} what="the steps">
        {({ steps }) => {
          const bars = waterfall(steps, now, other.data?.steps)
          if (bars.length === 0)
            return (
              <p className="quiet" style={{ margin: 0 }}>
                No step has begun.
              </p>
            )
          return (
            <table className={classes.table} aria-label="Steps">
              <thead>
                <tr>
                  <th scope="col">Step</th>
                  <th scope="col">When</th>
                  <th scope="col">Took</th>
                  {otherId !== null && <th scope="col">There</th>}
                </tr>
              </thead>
              <tbody>
                {bars.map((bar) => (
                  <StepRow key={bar.id} bar={bar} compared={otherId !== null} />
                ))}
              </tbody>
            </table>
          )
        }}
      </QueryView>
    </Panel>
  )
}

function StepRow({ bar, compared }: { bar: Bar; compared: boolean }) {
  const style = { marginLeft: `${bar.from * 100}%`, width: `max(3px, ${bar.width * 100}%)` }
  return (
    <tr>
      <th scope="row" title={bar.id}>
        {bar.title}
      </th>
      <td className={classes.track}>
        <div className={classes.bar} data-outcome={bar.outcome} style={style} role="img" aria-label={bar.outcome} />
      </td>
      <td className="numbers">{printSpan(bar.seconds)}</td>
      {compared && <td className="numbers quiet">{bar.otherSeconds === null ? '–' : printSpan(bar.otherSeconds)}</td>}
    </tr>
  )
}

interface OtherChoiceProps {
  readonly installation: Installation
  readonly chosen: string | null
  onChoose(id: string | null): void
}

/** Ended installations of the same machine or the same image. */
function OtherChoice({ installation, chosen, onChoose }: OtherChoiceProps) {
  const { data = [] } = useList('listInstallations')
  const others = data.filter(
    (each) =>
      each.installation_id !== installation.installation_id &&
      isTerminal(each.status) &&
      (each.machine_id === installation.machine_id || each.image.digest === installation.image.digest),
  )
  if (others.length === 0) return null
  return (
    <Select
      size="xs"
      w={260}
      clearable
      aria-label="Compare with another installation"
      placeholder="Compare with…"
      data={others.map(({ installation_id, machine_id, status, created_at }) => ({
        value: installation_id,
        label: `${machine_id}, ${status}, ${exactTime(created_at)}`,
      }))}
      value={chosen}
      onChange={onChoose}
    />
  )
}
