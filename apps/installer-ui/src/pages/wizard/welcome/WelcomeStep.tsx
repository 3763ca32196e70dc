import { List } from '@mantine/core'
import { Panel } from '../../../ui/Panel.tsx'
import { StepButtons } from '../StepButtons.tsx'

/** What is about to happen, and what is not. */
export function WelcomeStep() {
  return (
    <div style={{ maxWidth: '44rem' }}>
      <Panel title="What happens">
        <List size="sm" spacing={8} type="ordered">
          <List.Item>You choose a machine. Its disks and interfaces are read from it, not from a form.</List.Item>
          <List.Item>
            You say where the system goes, which image it is, and how the host is set up: by form, or by the text beside
            it. Both are one config, and a mistake shows as you type.
          </List.Item>
          <List.Item>
            You see the plan: every step, and which disk loses what. Nothing is written to the machine until you confirm
            it.
          </List.Item>
          <List.Item>You watch. A pulled cable is waited for; a failed step can be resumed or rolled back.</List.Item>
        </List>
      </Panel>
      <p className="quiet" style={{ fontSize: '0.8125rem' }}>
        What you enter is kept in this browser until the machine is installed: leave and come back at any time.
      </p>
      <StepButtons />
    </div>
  )
}
