import { Button } from '@mantine/core'
import type { Guest } from '@slipway/protocol'
import type { ReactNode } from 'react'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { CheckList } from '../../ui/CheckList.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { parseHealthAnswer } from './health-answer.ts'

const action = 'RunAllHealthChecks'

/** Asks the agent how its machine is: disks, memory, load, services, a reboot that is due. */
export function HealthPanel({ guest }: { guest: Guest }) {
  const asking = useAct('runGuestCommand')
  const mayOperate = useMay('operate')
  const { data } = asking
  if (!mayOperate || !guest.capabilities.includes(`command:${action}`)) return null
  return (
    <Panel
      title="Health"
      actions={
        <Button
          variant="default"
          loading={asking.isPending}
          disabled={guest.state !== 'connected'}
          onClick={() => asking.mutate({ params: { id: guest.machine_id }, body: { command_type: { action } } })}
        >
          {data ? 'Check again' : 'Check now'}
        </Button>
      }
    >
      {asking.error && <FaultNote fault={asking.error} title="The agent did not answer" />}
      {!asking.error && !data && (
        <Said>The agent looks at disks, memory, load, services and due reboots when asked.</Said>
      )}
      {data && <Answer data={data.success ? data.data : null} error={data.error?.message ?? null} />}
    </Panel>
  )
}

function Answer({ data, error }: { data: unknown; error: string | null }) {
  const checks = parseHealthAnswer(data)
  if (error !== null) return <Said>The check failed: {error}</Said>
  if (checks === null) return <Said>The agent answered in words that this page does not know; update the agent.</Said>
  if (checks.length === 0) return <Said>The agent found nothing to report.</Said>
  return <CheckList checks={checks} />
}

function Said({ children }: { children: ReactNode }) {
  return (
    <p className="quiet" role="status" style={{ margin: 0, fontSize: '0.8125rem' }}>
      {children}
    </p>
  )
}
