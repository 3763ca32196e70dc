import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Script } from '@slipway/protocol'
import { Notice } from '../../ui/Notice.tsx'

interface WrongSystemProps {
  readonly script: Script
  readonly wrong: readonly string[]
  /** False where tags are looked up later, and cannot be left out now. */
  readonly onLeaveOut: false | (() => void)
}

/** Says that some of the chosen machines have a system that the script is not for. */
export function WrongSystem({ script, wrong, onLeaveOut }: WrongSystemProps) {
  if (wrong.length === 0) return null
  const names = wrong.length > 3 ? `${wrong.length} of the machines have` : `${wrong.join(', ')}: this is`
  return (
    <Notice
      tone="warn"
      icon={IconAlertTriangle}
      title={`${names} another system than ${script.os.join(' or ')}`}
      actions={
        onLeaveOut && (
          <Button variant="default" onClick={onLeaveOut}>
            Leave {wrong.length === 1 ? 'it' : 'them'} out
          </Button>
        )
      }
    >
      There the script would wait until somebody cancels it.
    </Notice>
  )
}
