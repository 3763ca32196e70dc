import { useId, type ReactNode } from 'react'
import classes from './ui.module.css'

interface PanelProps {
  readonly title: string
  readonly actions?: ReactNode
  /** The content draws up to the edge: tables, editors. */
  readonly flush?: boolean
  readonly children: ReactNode
}

/** One subject of a page. */
export function Panel({ title, actions, flush, children }: PanelProps) {
  const id = useId()
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <div className={classes.panelHead}>
        <h2 id={id}>{title}</h2>
        {actions && <div className={classes.panelActions}>{actions}</div>}
      </div>
      <div className={classes.panelBody} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  )
}
