import { Button } from '@mantine/core'
import { IconServer2 } from '@tabler/icons-react'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { useWizard } from './use-wizard.ts'

/** A step was opened without a machine: it needs its disks and interfaces. */
export function NoMachineChosen() {
  const { go } = useWizard()
  return (
    <EmptyState icon={IconServer2} title="Which machine?">
      <p>This step works with the disks and interfaces of a machine. Choose one first.</p>
      <Button onClick={() => go('machine')}>Choose a machine</Button>
    </EmptyState>
  )
}
