import { VisuallyHidden } from '@mantine/core'
import type { Installation } from '@slipway/protocol'
import classes from './PhaseTrack.module.css'
import { phasesOf } from './phases.ts'

const words = { done: 'done', now: 'under way', stopped: 'stopped here', 'to-come': 'to come' } as const

/** The phases of an installation as a track. */
export function PhaseTrack({ installation }: { installation: Installation }) {
  return (
    <ol className={classes.track} aria-label="Phases">
      {phasesOf(installation).map(({ phase, state }) => (
        <li
          key={phase}
          className={classes.phase}
          data-state={state}
          aria-current={state === 'now' ? 'step' : undefined}
        >
          {phase} <VisuallyHidden>{words[state]}</VisuallyHidden>
        </li>
      ))}
    </ol>
  )
}
