import { Checkbox, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Plan } from '@slipway/protocol'
import { useEffect, useState } from 'react'
import { CopyButton } from '../../../ui/CopyButton.tsx'
import { Facts } from '../../../ui/Facts.tsx'
import { printBytes } from '../../../ui/format-bytes.ts'
import { printSpan } from '../../../ui/format-time.ts'
import { Notice } from '../../../ui/Notice.tsx'
import { Panel } from '../../../ui/Panel.tsx'
import { useConfirmedPlan } from './confirmed-plan.ts'
import { isConfirmed, lossesOf, type Loss } from './losses-of.ts'
import { PlanSteps } from './PlanSteps.tsx'

/** The plan: what is lost, what it makes, its steps, and the word that it may go on. */
export function PlanPanels({ plan, sha256 }: { plan: Plan; sha256: string }) {
  const losses = lossesOf(plan)
  const seconds = plan.steps.reduce((sum, step) => sum + step.estimated_seconds, 0)
  return (
    <>
      <Panel title="Plan">
        <Facts
          facts={[
            ['Image', <Mono key="image" text={plan.image.reference} />],
            ['Digest', <Mono key="digest" text={plan.image.digest} />],
            ['Size', printBytes(plan.image.bytes)],
            ['Root', plan.root === 'zfs' ? `ZFS, boot environment ${plan.boot_environment}` : 'ext4'],
            ['Takes about', printSpan(seconds)],
            [
              'Plan digest',
              <span key="sha" style={{ display: 'inline-flex', alignItems: 'center', gap: 6 }}>
                <Mono text={`${sha256.slice(0, 16)}…`} />
                <CopyButton text={sha256} what="the plan’s digest" />
              </span>,
            ],
          ]}
        />
      </Panel>
      <Panel title={`Steps (${plan.steps.length})`} flush>
        <PlanSteps steps={plan.steps} />
      </Panel>
      {losses.length > 0 && <Losses losses={losses} />}
      <Confirmation key={sha256} plan={plan} sha256={sha256} isDestructive={losses.length > 0} />
    </>
  )
}

function Losses({ losses }: { losses: readonly Loss[] }) {
  return (
    <Notice tone="bad" icon={IconAlertTriangle} title="This destroys data">
      <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
        {losses.map(({ device, serial, bytes, contents }) => (
          <li key={`${device} ${serial}`}>
            <strong className="mono">{device}</strong> {serial !== null && `(serial ${serial})`}, {printBytes(bytes)}:{' '}
            {contents}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

interface ConfirmationProps {
  readonly plan: Plan
  readonly sha256: string
  readonly isDestructive: boolean
}

/** A tick where nothing is lost; the machine's name, typed, where something is. */
function Confirmation({ plan: { machine_id }, sha256, isDestructive }: ConfirmationProps) {
  const confirmed = useConfirmedPlan()
  const { confirm } = confirmed
  const [typed, setTyped] = useState('')
  const isDone = confirmed.sha256 === sha256
  useEffect(() => {
    if (isDestructive) confirm(isConfirmed(typed, machine_id) ? sha256 : null)
  }, [isDestructive, typed, machine_id, sha256, confirm])
  if (!isDestructive)
    return (
      <Checkbox
        label="This is what I want"
        checked={isDone}
        onChange={(event) => confirm(event.currentTarget.checked ? sha256 : null)}
      />
    )
  return (
    <TextInput
      maw={360}
      label={`Type ${machine_id} to confirm that these data may be destroyed`}
      value={isDone && typed === '' ? machine_id : typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      autoComplete="off"
      spellCheck={false}
    />
  )
}

function Mono({ text }: { text: string }) {
  return <span className="mono">{text}</span>
}
