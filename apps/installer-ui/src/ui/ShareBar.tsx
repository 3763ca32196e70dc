import type { Tone } from './tone.ts'
import classes from './ShareBar.module.css'

interface Share {
  readonly state: string
  readonly tone: Tone
  readonly count: number
}

/** How many stand how, at a glance; counts in words belong beside it. */
export function ShareBar({ shares }: { shares: readonly Share[] }) {
  return (
    <div className={classes.bar} aria-hidden>
      {shares.map(({ state, tone, count }) => (
        <span key={state} data-tone={tone} style={{ flexGrow: count }} />
      ))}
    </div>
  )
}
