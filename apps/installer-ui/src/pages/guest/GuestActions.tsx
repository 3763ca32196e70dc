import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Guest } from '@slipway/protocol'
import { Link } from '@tanstack/react-router'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'

/** What may be done with this guest now. */
export function GuestActions({ guest }: { guest: Guest }) {
  const updating = useAct('updateGuestAgent', {
    onSuccess: ({ version }) =>
      notifications.show({ message: `The agent updates itself to ${version}, and returns if that does not start.` }),
  })
  const mayOperate = useMay('operate')
  if (!mayOperate || guest.state === 'unadopted') return null
  return (
    <>
      {guest.agent_version !== null && (
        <Button
          variant="default"
          loading={updating.isPending}
          disabled={guest.state !== 'connected'}
          onClick={() => updating.mutate({ params: { id: guest.machine_id } })}
        >
          Update agent
        </Button>
      )}
      <Button renderRoot={(props) => <Link to="/scripts" search={{ on: guest.machine_id }} {...props} />}>
        Run a script…
      </Button>
      {updating.error && <FaultNote fault={updating.error} title="The agent was not updated" />}
    </>
  )
}
