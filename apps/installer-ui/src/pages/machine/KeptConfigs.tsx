import { Button, Checkbox } from '@mantine/core'
import type { KeptConfig } from '@slipway/protocol'
import { useState } from 'react'
import { useList } from '../../api/route-query.ts'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { ConfigComparison } from './ConfigComparison.tsx'
import classes from './KeptConfigs.module.css'

/** Every config that was valid for this machine: to look at, to download, to compare. */
export function KeptConfigs({ machineId }: { machineId: string }) {
  const configs = useList('listKeptConfigs', { machine_id: machineId })
  return (
    <Panel title="Kept configs">
      <QueryView query={configs} what="the kept configs">
        {(rows) => <KeptList rows={rows} machineId={machineId} />}
      </QueryView>
    </Panel>
  )
}

/** Planned and installed ones at once; those that were only checked, many while somebody types, when they are asked for. */
function KeptList({ rows, machineId }: { readonly rows: readonly KeptConfig[]; readonly machineId: string }) {
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [all, setAll] = useState(false)
  const choose = (id: string) =>
    setChosen((old) => (old.includes(id) ? old.filter((each) => each !== id) : [...old, id].slice(-2)))
  const used = rows.filter(({ reason }) => reason !== 'checked')
  const shown = all ? rows : used
  return (
    <>
      {shown.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          None yet. Every config that is planned or installed on this machine is kept here.
        </p>
      ) : (
        <ul className={classes.list}>
          {shown.map((row) => (
            <ConfigRow key={row.id} config={row} chosen={chosen.includes(row.id)} onChoose={choose} />
          ))}
        </ul>
      )}
      {rows.length > used.length && (
        <Button variant="subtle" color="gray" size="compact-sm" mt={6} onClick={() => setAll(!all)}>
          {all ? 'Hide' : 'Show'} {rows.length - used.length} that {rows.length - used.length === 1 ? 'was' : 'were'}{' '}
          only checked
        </Button>
      )}
      {chosen.length > 0 && <ConfigComparison ids={inOrder(rows, chosen)} machineId={machineId} />}
      {chosen.length > 0 && (
        <Button variant="subtle" color="gray" onClick={() => setChosen([])}>
          Close
        </Button>
      )}
    </>
  )
}

interface ConfigRowProps {
  readonly config: KeptConfig
  readonly chosen: boolean
  onChoose(id: string): void
}

function ConfigRow({ config: { id, reason, created_by, created_at, kdl_sha256 }, chosen, onChoose }: ConfigRowProps) {
  return (
    <li className={classes.row}>
      <Checkbox
        size="xs"
        checked={chosen}
        onChange={() => onChoose(id)}
        label={
          <>
            {reason} by {created_by} <RelativeTime at={created_at} />
          </>
        }
      />
      <span className="mono quiet">{kdl_sha256.slice(0, 12)}</span>
    </li>
  )
}

/** The older one first, so that a comparison reads forwards. */
function inOrder(rows: readonly KeptConfig[], ids: readonly string[]): string[] {
  return rows
    .filter(({ id }) => ids.includes(id))
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    .map(({ id }) => id)
}
