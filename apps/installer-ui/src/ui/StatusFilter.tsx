import type { Tone } from './tone.ts'
import { Dot } from './Dot.tsx'
import classes from './StatusFilter.module.css'

interface StatusFilterProps {
  readonly label: string
  /** Each state that occurs, how often, and what it means to the eye. */
  readonly states: readonly { readonly state: string; readonly count: number; readonly tone: Tone }[]
  readonly chosen: string | undefined
  onChoose(state: string | undefined): void
}

/** Counts by state that filter when they are pressed; pressed again, they do not. */
export function StatusFilter({ label, states, chosen, onChoose }: StatusFilterProps) {
  return (
    <fieldset className={classes.group} aria-label={label}>
      {states.map(({ state, count, tone }) => (
        <button
          key={state}
          type="button"
          className={classes.choice}
          aria-pressed={chosen === state}
          onClick={() => onChoose(chosen === state ? undefined : state)}
        >
          <Dot tone={tone}>
            {state} <span className="quiet numbers">{count}</span>
          </Dot>
        </button>
      ))}
    </fieldset>
  )
}
