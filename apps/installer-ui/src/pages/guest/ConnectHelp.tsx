import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { Guest } from '@slipway/protocol'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { installCommand } from '../guests/install-command.ts'

const titles = {
  connected: 'Connected, with a remark',
  legacy: 'An agent of the first protocol',
  disconnected: 'Not connected',
  unadopted: 'No machine has this name',
} as const

/** Why an agent is not there, and what to do about it; nothing when all is well. */
export function ConnectHelp({ guest }: { guest: Guest }) {
  if (guest.problem === null) return null
  const isNew = guest.state === 'disconnected' && guest.agent_version === null
  return (
    <Notice
      tone="warn"
      icon={IconPlugConnectedX}
      title={titles[guest.state]}
      actions={guest.state === 'unadopted' && <AdoptButton machine={guest.machine_id} />}
    >
      {guest.problem}
      {isNew && <InstallHelp machine={guest.machine_id} />}
    </Notice>
  )
}

function AdoptButton({ machine }: { machine: string }) {
  const queries = useQueryClient()
  const mayOperate = useMay('operate')
  const adopting = useAct('addMachine', { onSuccess: () => queries.invalidateQueries() })
  if (!mayOperate) return null
  return (
    <>
      <Button
        loading={adopting.isPending}
        onClick={() => adopting.mutate({ body: { kind: 'virtual', id: machine, name: machine } })}
      >
        Adopt it as a machine
      </Button>
      {adopting.error && <FaultNote fault={adopting.error} title="It was not adopted" />}
    </>
  )
}

/** The command that brings the agent to this machine; with a token where the server wants one. */
function InstallHelp({ machine }: { machine: string }) {
  const mayOperate = useMay('operate')
  const making = useAct('makeAgentToken')
  const command = installCommand({ origin: location.origin, machine, token: making.data?.token })
  return (
    <>
      <p style={{ margin: '8px 0 4px' }}>
        On Linux, in the machine: <CopyButton text={command} what="the command" />
      </p>
      <pre className="mono" style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {command}
      </pre>
      {mayOperate && !making.data && (
        <Button
          variant="default"
          style={{ marginTop: 8 }}
          loading={making.isPending}
          onClick={() => making.mutate({ params: { id: machine } })}
        >
          Put a token in, where the server asks for one
        </Button>
      )}
      {making.data && (
        <p style={{ margin: '6px 0 0' }}>The token holds for this machine until its first connection, a day at most.</p>
      )}
      {making.error && <FaultNote fault={making.error} title="No token was made" />}
    </>
  )
}
