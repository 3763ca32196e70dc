import type { TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './ui.module.css'

/** Nothing is here: says why, and what to do about it. */
export function EmptyState({ icon: Icon, title, children }: { icon: TablerIcon; title: string; children?: ReactNode }) {
  return (
    <section className={classes.empty}>
      <Icon size={28} stroke={1.3} aria-hidden />
      <h2>{title}</h2>
      <div className={classes.emptyBody}>{children}</div>
    </section>
  )
}
