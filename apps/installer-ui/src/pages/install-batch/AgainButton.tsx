import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { WholeInstallBatch } from '@slipway/protocol'
import { useMay } from '../../api/session.ts'
import { leftMachines } from '../install-batches/left-machines.ts'

/** Leads to a new batch of the machines that this one did not complete, with their values. */
export function AgainButton({ batch }: { batch: WholeInstallBatch }) {
  const mayOperate = useMay('operate')
  const left = leftMachines(batch).length
  if (!mayOperate || left === 0) return null
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/install-batches/new" search={{ again: batch.id }} {...props} />}
    >
      Install {left === 1 ? 'one machine' : `${left} machines`} again…
    </Button>
  )
}
