import { Link } from '@tanstack/react-router'
import { machineAddress, type Machine } from '@slipway/protocol'
import { Dot } from '../../ui/Dot.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { machineTone } from '../../words/machine-status.ts'
import { ClaimCell } from './ClaimCell.tsx'
import classes from './MachineCard.module.css'
import { printHardware } from './print-hardware.ts'

/** A machine as a card. */
export function MachineCard({ machine }: { machine: Machine }) {
  const { machine_id, hostname, status, claim, last_seen } = machine
  return (
    <div className={classes.card}>
      <Link className={classes.name} to="/machines/$machineId" params={{ machineId: machine_id }}>
        {hostname ?? machine_id}
      </Link>
      <Dot tone={machineTone[status]}>{status}</Dot>
      <span className="quiet clip">{printHardware(machine)}</span>
      <span className="quiet">{claim && <ClaimCell claim={claim} />}</span>
      <span className="quiet mono clip">{machineAddress(machine) ?? 'no address'}</span>
      <span className="quiet">
        <RelativeTime at={last_seen} />
      </span>
    </div>
  )
}
