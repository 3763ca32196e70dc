import type { ReactNode } from 'react'
import type { Tone } from './tone.ts'
import classes from './ui.module.css'

/** A short fact in a soft box. */
export function Tag({ tone = 'idle', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {children}
    </span>
  )
}
