import type { Tone } from './tone.ts'
import classes from './ui.module.css'

/** How much of a whole, 0 to 100. */
export function Meter({ percent, tone = 'busy', label }: { percent: number; tone?: Tone; label: string }) {
  const shown = Math.min(100, Math.max(0, percent))
  return (
    <div
      className={classes.meter}
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(shown)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div style={{ width: `${shown}%` }} />
    </div>
  )
}
