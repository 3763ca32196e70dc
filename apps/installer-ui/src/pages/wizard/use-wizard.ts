import { useLocation, useNavigate } from '@tanstack/react-router'
import { usePageSearch } from '../../app/use-page-search.ts'
import { wizardSteps, type StepName, type WizardStep } from './steps.ts'

interface Wizard {
  readonly machineId: string | undefined
  readonly step: WizardStep
  readonly next: WizardStep | undefined
  readonly back: WizardStep | undefined
  /** Leads to another step, of another machine if one is named. */
  readonly go: (step: StepName, machineId?: string) => void
}

/** Where the wizard stands: the step by the path, the machine by the search. */
export function useWizard(): Wizard {
  const { pathname } = useLocation()
  const navigate = useNavigate()
  const [{ machine }] = usePageSearch()
  const at = Math.max(
    0,
    wizardSteps.findIndex(({ to }) => to === pathname),
  )
  const go: Wizard['go'] = (name, machineId = machine) => {
    const to = wizardSteps.find((step) => step.name === name)?.to ?? '/install/welcome'
    void navigate({ to, search: { machine: machineId } })
  }
  return {
    machineId: machine,
    step: wizardSteps[at] ?? wizardSteps[0],
    next: wizardSteps[at + 1],
    back: wizardSteps[at - 1],
    go,
  }
}
