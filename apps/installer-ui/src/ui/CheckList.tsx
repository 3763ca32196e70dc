import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import classes from './CheckList.module.css'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly message: string
  readonly cure: string | null
}

/** Checks with what was seen, and what to do where it is not well. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  return (
    <ul className={classes.list}>
      {checks.map((check) => (
        <li key={`${check.name} ${check.message}`} className={classes.item} data-ok={check.ok}>
          {check.ok ? (
            <IconCircleCheck size={17} aria-label="well" />
          ) : (
            <IconAlertTriangle size={17} aria-label="not well" />
          )}
          <div>
            <strong>{check.name}</strong> <span className="quiet">{check.message}</span>
            {check.cure !== null && !check.ok && <div>{check.cure}</div>}
          </div>
        </li>
      ))}
    </ul>
  )
}
