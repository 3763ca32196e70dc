import { toFault } from '@slipway/base'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FaultNote } from './FaultNote.tsx'
import { Loading } from './Loading.tsx'

interface QueryViewProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  /** What is read, in the words of «Reading …». */
  readonly what: string
  readonly children: (data: T) => ReactNode
}

/** A query's three faces. Data that is there stays on the screen when reading it again fails; the error stands above it. */
export function QueryView<T>({ query, what, children }: QueryViewProps<T>) {
  const { data, error, refetch } = query
  const note = error && (
    <FaultNote fault={toFault(error)} title={`Reading ${what} failed`} onRetry={() => void refetch()} />
  )
  if (data === undefined) return note ?? <Loading what={what} />
  return (
    <>
      {note}
      {children(data)}
    </>
  )
}
