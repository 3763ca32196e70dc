import type { ReactNode } from 'react'
import type { Tone } from './tone.ts'
import classes from './ui.module.css'

/** A state in one word with its colour; the word alone says it too. */
export function Dot({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.dot} data-tone={tone}>
      {children}
    </span>
  )
}
