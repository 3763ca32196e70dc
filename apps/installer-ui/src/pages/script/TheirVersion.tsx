import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Script } from '@slipway/protocol'
import { diffLines } from '../../ui/diff-lines.ts'
import { Notice } from '../../ui/Notice.tsx'
import { printScript } from './print-script.ts'
import classes from './TheirVersion.module.css'

interface TheirVersionProps {
  readonly theirs: Script
  readonly mine: string
  readonly onTake: () => void
  readonly onKeepMine: () => void
}

const signs = { same: ' ', added: '+', removed: '-' } as const

/** Somebody saved another version meanwhile: what saving one's own would change in it, and the choice. */
export function TheirVersion({ theirs, mine, onTake, onKeepMine }: TheirVersionProps) {
  return (
    <Notice
      tone="warn"
      icon={IconAlertTriangle}
      title={`Somebody saved revision ${theirs.revision} meanwhile; yours is not saved`}
      actions={
        <>
          <Button variant="default" onClick={onTake}>
            Take theirs, drop mine
          </Button>
          <Button variant="default" onClick={onKeepMine}>
            Keep mine, to be saved over theirs
          </Button>
        </>
      }
    >
      What yours would change in theirs:
      {/* A region that scrolls is reached by the keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.text} tabIndex={0} aria-label="What yours would change in theirs">
        {diffLines(printScript(theirs), mine).map(({ kind, text, key }) => (
          <span key={key} className={classes.line} data-kind={kind}>
            {`${signs[kind]} ${text}`}
          </span>
        ))}
      </pre>
    </Notice>
  )
}
