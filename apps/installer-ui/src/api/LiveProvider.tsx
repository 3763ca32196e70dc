import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { Live, type Connection } from './live.ts'

const LiveContext = createContext<Live | null>(null)

/** Follows the server's events for as long as the app is open and somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [live] = useState(() => new Live(queries))
  useEffect(() => {
    const stop = new AbortController()
    void live.run(stop.signal)
    return () => stop.abort()
  }, [live])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive(): Live {
  const live = use(LiveContext)
  if (!live) throw new Error('useLive stands outside of LiveProvider')
  return live
}

/** State of the connection to the server's events, and since when it is lost. */
export function useConnection(): { connection: Connection; lostSince: number | null } {
  const live = useLive()
  const connection = useSyncExternalStore(live.subscribe, () => live.connection)
  return { connection, lostSince: live.lostSince }
}
