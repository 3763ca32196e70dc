import { Button } from '@mantine/core'
import type { Installation } from '@slipway/protocol'
import { keptClaim } from '../../api/kept-claims.ts'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { mayDo } from '../../words/installation-state.ts'

/** What may be done with this installation now. */
export function InstallationActions({ installation }: { installation: Installation }) {
  const cancelling = useAct('cancelInstallation')
  const resuming = useAct('resumeInstallation')
  const rolling = useAct('rollbackInstallation')
  const mayOperate = useMay('operate')
  if (!mayOperate) return null
  const claim_id = keptClaim(installation.machine_id)
  const input = { params: { id: installation.installation_id }, body: claim_id === undefined ? {} : { claim_id } }
  const actions = [
    ['resume', 'Try again now', resuming],
    ['rollback', 'Roll back', rolling],
    ['cancel', 'Cancel', cancelling],
  ] as const
  const fault = cancelling.error ?? resuming.error ?? rolling.error
  return (
    <>
      {actions
        .filter(([action]) => mayDo[action](installation))
        .map(([action, title, act]) => (
          <Button key={action} variant="default" loading={act.isPending} onClick={() => act.mutate(input)}>
            {title}
          </Button>
        ))}
      {fault && <FaultNote fault={fault} title="The installation goes on as it was" />}
    </>
  )
}
