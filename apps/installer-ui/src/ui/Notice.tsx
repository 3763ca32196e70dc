import type { TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Tone } from './tone.ts'
import classes from './ui.module.css'

interface NoticeProps {
  readonly tone: Tone
  readonly icon: TablerIcon
  readonly title: string
  readonly actions?: ReactNode
  readonly children?: ReactNode
}

/** A message in the place that it is about. Bad ones are read out at once, others when the reader pauses. */
export function Notice({ tone, icon: Icon, title, actions, children }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={18} stroke={1.7} aria-hidden />
      <div className={classes.noticeBody}>
        <strong>{title}</strong>
        {children && <div>{children}</div>}
        {actions && <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, marginTop: 10 }}>{actions}</div>}
      </div>
    </div>
  )
}
