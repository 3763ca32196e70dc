import type { Step } from '@slipway/protocol'
import { printSpan } from '../../../ui/format-time.ts'
import { Tag } from '../../../ui/Tag.tsx'
import classes from './PlanSteps.module.css'

/** Every step in order: what it writes, how long, and whether it can be taken back. */
export function PlanSteps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <li key={step.id} className={classes.step}>
          <span className={classes.number}>{index + 1}</span>
          <span className={classes.title}>
            {step.title}
            {step.writes.length > 0 && <span className="quiet"> · {step.writes.join(', ')}</span>}
          </span>
          {step.destroys.length > 0 && <Tag tone="bad">destroys data</Tag>}
          {step.undo.kind === 'none' && step.destroys.length === 0 && <Tag tone="warn">cannot be taken back</Tag>}
          <span className="quiet numbers">{printSpan(step.estimated_seconds)}</span>
        </li>
      ))}
    </ol>
  )
}
