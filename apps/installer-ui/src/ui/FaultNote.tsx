import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Fault } from '@slipway/base'
import type { ReactNode } from 'react'
import { CopyButton } from './CopyButton.tsx'
import { Notice } from './Notice.tsx'

interface FaultNoteProps {
  readonly fault: Fault
  /** What was tried, such as «The machine was not claimed». */
  readonly title?: string
  onRetry?(): void
  readonly actions?: ReactNode
}

/** An error next to what caused it: what happened and what to do, with code and request id to copy. */
export function FaultNote({ fault, title, onRetry, actions }: FaultNoteProps) {
  const request = typeof fault.details.request_id === 'string' ? fault.details.request_id : null
  const reference = request === null ? fault.code : `${fault.code} ${request}`
  return (
    <Notice
      tone="bad"
      icon={IconAlertTriangle}
      title={title ?? 'This did not work'}
      actions={
        <>
          {actions}
          {onRetry && (
            <Button variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
        </>
      }
    >
      {fault.message}
      <div className="quiet" style={{ display: 'flex', alignItems: 'center', gap: 6, marginTop: 4 }}>
        <span className="mono">{reference}</span>
        <CopyButton text={reference} what="code and request id" />
      </div>
    </Notice>
  )
}
