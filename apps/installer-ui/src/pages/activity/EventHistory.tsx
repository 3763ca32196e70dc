import { Button } from '@mantine/core'
import { IconHistoryOff } from '@tabler/icons-react'
import { toFault } from '@slipway/base'
import type { HistoryEvent } from '@slipway/protocol'
import { useInfiniteQuery } from '@tanstack/react-query'
import { pagedQuery } from '../../api/route-query.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { EventItem } from './EventItem.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import classes from './EventHistory.module.css'

interface EventHistoryProps {
  /** Filters of `GET /api/events/history`. */
  readonly query: object
  /** Words that an event has to contain. */
  readonly search?: string
  readonly pageSize?: number
}

/** Events as a list that grows downwards. */
export function EventHistory({ query, search = '', pageSize }: EventHistoryProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    pagedQuery('listEvents', query, pageSize),
  )
  const events = (data?.pages.flatMap(({ items }) => items) ?? []) as HistoryEvent[] // parsed by the route's own schema
  const found = events.filter((event) => contains(event, search))
  if (data === undefined && !error) return <Loading what="what happened" />
  return (
    <>
      {error && (
        <FaultNote fault={toFault(error)} title="Reading what happened failed" onRetry={() => void refetch()} />
      )}
      {found.length === 0 && !error && (
        <EmptyState
          icon={IconHistoryOff}
          title={events.length === 0 ? 'Nothing has happened yet' : 'Nothing is like that'}
        >
          {events.length === 0 ? 'What machines and people do appears here.' : 'Change the search, or show more.'}
        </EmptyState>
      )}
      <ol className={classes.list} aria-label="Events">
        {found.map((event) => (
          <EventItem key={event.seq} event={event} />
        ))}
      </ol>
      {hasNextPage && (
        <Button variant="default" mt="md" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  )
}

function contains(event: HistoryEvent, search: string): boolean {
  return matchesWords(search, [event.type, event.actor, JSON.stringify(event.data)])
}
