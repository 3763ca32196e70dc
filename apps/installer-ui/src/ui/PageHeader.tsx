import { useEffect, type ReactNode } from 'react'
import classes from './ui.module.css'

interface PageHeaderProps {
  readonly title: string
  /** Beside the title: state, count. */
  readonly beside?: ReactNode
  readonly actions?: ReactNode
  /** Above the title: the page that this one lies below. */
  readonly crumb?: ReactNode
}

/** What this page is; names the browser's tab too. */
export function PageHeader({ title, beside, actions, crumb }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Slipway`
  }, [title])
  return (
    <div className={classes.header}>
      {crumb && <div className={classes.crumb}>{crumb}</div>}
      <h1>{title}</h1>
      {beside}
      {actions && <div className={classes.headerActions}>{actions}</div>}
    </div>
  )
}
