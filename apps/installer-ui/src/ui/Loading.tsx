import { Skeleton } from '@mantine/core'

/** Rows that are on their way: keeps their place, and says what is waited for. */
export function Loading({ what, rows = 6 }: { what: string; rows?: number }) {
  return (
    <div role="status" aria-live="polite">
      <p className="quiet" style={{ margin: '0 0 10px', fontSize: '0.8125rem' }}>
        Reading {what}…
      </p>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={32} mb={8} radius="sm" />
      ))}
    </div>
  )
}
