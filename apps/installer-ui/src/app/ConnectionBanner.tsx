import { IconPlugConnectedX } from '@tabler/icons-react'
import { useConnection } from '../api/LiveProvider.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { Notice } from '../ui/Notice.tsx'

/** Says that the screens show what was last known, and since when; it goes by itself. */
export function ConnectionBanner() {
  const { connection, lostSince } = useConnection()
  if (connection !== 'lost' || lostSince === null) return null
  return (
    <Notice tone="warn" icon={IconPlugConnectedX} title="No connection to the server">
      You see what was known <RelativeTime at={new Date(lostSince).toISOString()} />. It is tried again by itself, and
      nothing is missed.
    </Notice>
  )
}
