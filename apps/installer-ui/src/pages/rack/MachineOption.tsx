import type { Machine } from '@slipway/protocol'
import type { ReactNode } from 'react'
import { Dot } from '../../ui/Dot.tsx'
import { machineTone } from '../../words/machine-status.ts'
import classes from './MachineOption.module.css'
import { printHardware } from './print-hardware.ts'

/** Machines to choose from. */
export function MachineOptions({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className={classes.list}>
      <legend>{label}</legend>
      {children}
    </fieldset>
  )
}

interface MachineOptionProps {
  readonly machine: Machine
  /** One of them, or many. */
  readonly type: 'radio' | 'checkbox'
  readonly checked: boolean
  /** Why it cannot be chosen; null: it can. */
  readonly why: string | null
  readonly onChange: () => void
}

export function MachineOption({ machine, type, checked, why, onChange }: MachineOptionProps) {
  const { machine_id, hostname, status, address } = machine
  return (
    <label className={classes.machine} data-off={why !== null || undefined}>
      <input
        type={type}
        name="machine"
        value={machine_id}
        checked={checked}
        disabled={why !== null && !checked}
        onChange={onChange}
      />
      <span className={classes.what}>
        <strong>{hostname ?? machine_id}</strong>{' '}
        <span className="quiet">{[address, printHardware(machine)].filter(Boolean).join(' · ')}</span>
        {why !== null && <span className={classes.why}>{why}</span>}
      </span>
      <Dot tone={machineTone[status]}>{status}</Dot>
    </label>
  )
}
