import { Outlet } from '@tanstack/react-router'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { StepTrack } from './StepTrack.tsx'
import { formSteps } from './steps.ts'
import { useWizard } from './use-wizard.ts'
import { NoMachineChosen } from './NoMachineChosen.tsx'
import { useDraft } from './draft/draft.ts'
import { MachineDraft } from './draft/MachineDraft.tsx'
import { ConfirmedPlanProvider } from './review/ConfirmedPlanProvider.tsx'
import { StepFrame } from './StepFrame.tsx'

/** The way from a machine to its installation: seven steps over one config, each of them a route. */
export function WizardPage() {
  const { machineId, step } = useWizard()
  const isEarly = step.name === 'welcome' || step.name === 'machine'
  if (isEarly || machineId === undefined)
    return (
      <>
        <PageHeader title="Install a machine" />
        <StepTrack findings={[]} />
        {isEarly ? <Outlet /> : <NoMachineChosen />}
      </>
    )
  return (
    <>
      <PageHeader title={`Install ${machineId}`} />
      <MachineDraft key={machineId} machineId={machineId}>
        <ConfirmedPlanProvider>
          <StepFrame withText={formSteps.includes(step.name)} head={<DraftTrack />}>
            <Outlet />
          </StepFrame>
        </ConfirmedPlanProvider>
      </MachineDraft>
    </>
  )
}

/** The steps with what is to be mended in each. */
function DraftTrack() {
  const { check } = useDraft()
  return <StepTrack findings={check.findings} />
}
