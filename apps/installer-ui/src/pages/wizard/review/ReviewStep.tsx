import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { toFault } from '@slipway/base'
import { Link } from '@tanstack/react-router'
import { FaultNote } from '../../../ui/FaultNote.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { useDraft } from '../draft/draft.ts'
import { FindingList } from '../FindingList.tsx'
import { StepButtons } from '../StepButtons.tsx'
import { stepOf } from '../steps.ts'
import { useWizard } from '../use-wizard.ts'
import { PlanPanels } from './PlanPanels.tsx'
import { useConfirmedPlan } from './confirmed-plan.ts'
import { usePlan } from './use-plan.ts'

/** What will be done, step by step, before anything is. */
export function ReviewStep() {
  const { check, machineId } = useDraft()
  const { data, error, isSound, refetch } = usePlan()
  const { sha256 } = useConfirmedPlan()
  const warnings = check.findings.filter(({ severity }) => severity !== 'error')
  return (
    <>
      {!isSound && <ErrorsFirst />}
      {isSound && warnings.length > 0 && <FindingList findings={warnings} />}
      {isSound && error && !data && (
        <FaultNote fault={toFault(error)} title="No plan could be made" onRetry={() => void refetch()} />
      )}
      {isSound && !error && !data && <Loading what="the plan" rows={6} />}
      {data && <PlanPanels plan={data.plan} sha256={data.plan_sha256} />}
      {data && (
        <p className="quiet" style={{ fontSize: '0.8125rem' }}>
          More machines of this kind?{' '}
          <Link to="/install-batches/new" search={{ machine: machineId }}>
            Install many with this config
          </Link>
        </p>
      )}
      <StepButtons mayGoOn={data !== undefined && sha256 === data.plan_sha256} />
    </>
  )
}

/** Errors stand here with their cures, and with the way to the step that they belong to. */
function ErrorsFirst() {
  const { check } = useDraft()
  const { go } = useWizard()
  const errors = check.findings.filter(({ severity }) => severity === 'error')
  const steps = [...new Set(errors.flatMap((finding) => stepOf(finding) ?? []))]
  return (
    <>
      <Notice
        tone="bad"
        icon={IconAlertTriangle}
        title={errors.length === 1 ? 'One thing to mend first' : `${errors.length} things to mend first`}
        actions={steps.map((step) => (
          <Button key={step} variant="default" onClick={() => go(step)}>
            Go to {step}
          </Button>
        ))}
      />
      <FindingList findings={errors} />
    </>
  )
}
