import { toFault } from '@slipway/base'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { FaultNote } from '../ui/FaultNote.tsx'

/** A page that broke says so with the words of the error, and can be tried again. */
export function PageFault({ error, reset }: ErrorComponentProps) {
  return <FaultNote fault={toFault(error)} onRetry={reset} />
}
