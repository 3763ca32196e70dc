import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './StepButtons.module.css'
import { useWizard } from './use-wizard.ts'

/** Back and on; a step with an act of its own puts it where «Next» stands. */
export function StepButtons({ act, mayGoOn = true }: { act?: ReactNode; mayGoOn?: boolean }) {
  const { back, next, go } = useWizard()
  return (
    <div className={classes.buttons}>
      {back && (
        <Button size="sm" variant="default" onClick={() => go(back.name)}>
          Back
        </Button>
      )}
      {act ??
        (next && (
          <Button size="sm" disabled={!mayGoOn} onClick={() => go(next.name)}>
            Next: {next.title}
          </Button>
        ))}
    </div>
  )
}
