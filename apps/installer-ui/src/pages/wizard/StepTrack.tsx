import { Link } from '@tanstack/react-router'
import type { Finding } from '@slipway/protocol'
import { stepOf, wizardSteps, type WizardStep } from './steps.ts'
import classes from './StepTrack.module.css'
import { useWizard } from './use-wizard.ts'

/** The seven steps, where one stands, and which of them has something to be mended. */
export function StepTrack({ findings }: { findings: readonly Finding[] }) {
  const { step, machineId } = useWizard()
  const at = wizardSteps.indexOf(step)
  return (
    <nav aria-label="Steps" className={classes.frame}>
      <ol className={classes.track}>
        {wizardSteps.map((each, index) => (
          <li key={each.name}>
            <Link
              to={each.to}
              search={{ machine: machineId }}
              className={classes.step}
              data-state={index < at ? 'before' : index === at ? 'here' : 'after'}
              aria-current={index === at ? 'step' : undefined}
            >
              <span className={classes.number} aria-hidden>
                {index + 1}
              </span>
              {each.title}
              <ErrorCount step={each} findings={findings} />
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function ErrorCount({ step, findings }: { step: WizardStep; findings: readonly Finding[] }) {
  const count = findings.filter((one) => one.severity === 'error' && stepOf(one) === step.name).length
  if (count === 0) return null
  return (
    <span className={classes.errors}>
      {count}
      <span className={classes.spoken}>{count === 1 ? ' error' : ' errors'}</span>
    </span>
  )
}
