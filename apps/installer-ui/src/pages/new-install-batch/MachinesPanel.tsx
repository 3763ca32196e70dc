import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Machine } from '@slipway/protocol'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { MachineOption, MachineOptions } from '../rack/MachineOption.tsx'
import { machinesToInstall } from '../rack/machines-to-install.ts'
import classes from './MachinesPanel.module.css'

/** As many as one batch may have. */
const mostChosen = 500

interface MachinesPanelProps {
  readonly rows: readonly Machine[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** Which machines: many, at once where they match the search. */
export function MachinesPanel({ rows, chosen, onChange }: MachinesPanelProps) {
  const [q, setSearch] = useState('')
  const found = machinesToInstall(rows, q)
  const isChosen = new Set(chosen)
  // At once those that nothing was installed on yet; the others one by one.
  const more = found.filter(
    ({ machine, why }) => why === null && machine.status === 'available' && !isChosen.has(machine.machine_id),
  )
  const toggle = (id: string) => onChange(isChosen.has(id) ? chosen.filter((each) => each !== id) : [...chosen, id])
  return (
    <Panel
      title={chosen.length === 0 ? 'Machines' : `Machines (${chosen.length} chosen)`}
      actions={
        <>
          {more.length > 0 && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() =>
                onChange([...chosen, ...more.map(({ machine }) => machine.machine_id)].slice(0, mostChosen))
              }
            >
              {q === '' ? `Choose all ${more.length}` : `Choose the ${more.length} found`}
            </Button>
          )}
          {chosen.length > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onChange([])}>
              Choose none
            </Button>
          )}
        </>
      }
    >
      <FilterBar what="machines" search={q} onSearch={setSearch} />
      <div className={classes.list}>
        <MachineOptions label="Machines to install">
          {found.map(({ machine, why }) => (
            <MachineOption
              key={machine.machine_id}
              type="checkbox"
              machine={machine}
              why={why}
              checked={isChosen.has(machine.machine_id)}
              onChange={() => toggle(machine.machine_id)}
            />
          ))}
        </MachineOptions>
      </div>
      {found.length === 0 && <p className="quiet">No machine matches “{q}”.</p>}
    </Panel>
  )
}
