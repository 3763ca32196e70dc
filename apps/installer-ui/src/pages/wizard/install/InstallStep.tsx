import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { toFault } from '@slipway/base'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { keptClaim } from '../../../api/kept-claims.ts'
import { useAct, useRoute } from '../../../api/route-query.ts'
import { useMay } from '../../../api/session.ts'
import { Facts } from '../../../ui/Facts.tsx'
import { FaultNote } from '../../../ui/FaultNote.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Panel } from '../../../ui/Panel.tsx'
import { useDraft } from '../draft/draft.ts'
import { forgetDraft } from '../draft/kept-draft.ts'
import { useConfirmedPlan } from '../review/confirmed-plan.ts'
import { lossesOf } from '../review/losses-of.ts'
import { usePlan } from '../review/use-plan.ts'
import { StepButtons } from '../StepButtons.tsx'
import { useWizard } from '../use-wizard.ts'
import { ClaimedByOther } from './ClaimedByOther.tsx'

/** The last word: installs exactly the plan that was reviewed. */
export function InstallStep() {
  const { data, error } = usePlan()
  const { sha256 } = useConfirmedPlan()
  const { go } = useWizard()
  if (error) return <FaultNote fault={toFault(error)} title="The plan could not be made again" />
  if (data && data.plan_sha256 === sha256) return <Ready plan={data.plan} sha256={sha256} />
  if (data === undefined && sha256 !== null) return <Loading what="the plan" />
  return (
    <Notice
      tone="warn"
      icon={IconAlertTriangle}
      title="Nothing is confirmed yet"
      actions={<Button onClick={() => go('review')}>Review the plan</Button>}
    >
      What is installed is the plan as it was reviewed; look at it once more.
    </Notice>
  )
}

interface ReadyProps {
  readonly plan: Parameters<typeof lossesOf>[0] & {
    readonly image: { readonly reference: string; readonly digest: string }
  }
  readonly sha256: string
}

function Ready({ plan, sha256 }: ReadyProps) {
  const { machineId, text, config } = useDraft()
  const navigate = useNavigate()
  const machine = useRoute('getMachine', { params: { machine_id: machineId } })
  const mayOperate = useMay('operate')
  const starting = useAct('install', {
    onSuccess: ({ installation_id }) => {
      forgetDraft(machineId)
      return navigate({ to: '/installations/$installationId', params: { installationId: installation_id } })
    },
  })
  const claim_id = keptClaim(machineId)
  // One wish: a second click, or a lost answer, starts nothing twice.
  const [idempotencyKey] = useState(() => `${machineId}-${Date.now()}`)
  const body = { machine_id: machineId, kdl: text, plan_sha256: sha256, ...(claim_id !== undefined && { claim_id }) }
  const losses = lossesOf(plan)
  return (
    <div style={{ maxWidth: '44rem' }}>
      <Panel title="Ready">
        <Facts
          facts={[
            ['Machine', machineId],
            ['Becomes', config?.sysconfig.hostname],
            ['Image', plan.image.reference],
            ['Destroys', losses.length === 0 ? 'nothing' : losses.map(({ device }) => device).join(', ')],
          ]}
        />
      </Panel>
      {machine.data?.claim && claim_id === undefined && <ClaimedByOther claim={machine.data.claim} />}
      {starting.error && <FaultNote fault={toFault(starting.error)} title="The installation was not started" />}
      {!mayOperate && (
        <p className="quiet">Your token may look at the rack; installing needs one that may operate it.</p>
      )}
      <StepButtons
        act={
          <Button
            size="sm"
            loading={starting.isPending}
            disabled={!mayOperate}
            color={losses.length > 0 ? 'red' : 'tide'}
            onClick={() => starting.mutate({ body, idempotencyKey })}
          >
            {losses.length > 0 ? 'Destroy the data and install' : 'Install'}
          </Button>
        }
      />
    </div>
  )
}
