import { faultTable, isFault } from '@slipway/base'
import { QueryClient } from '@tanstack/react-query'
import { createSyncStoragePersister } from '@tanstack/query-sync-storage-persister'
import type { PersistQueryClientOptions } from '@tanstack/react-query-persist-client'

/** What was last known is shown, marked as such, for a week without a server. */
const keptMs = 7 * 24 * 3600 * 1000

/** Answers too large or too fleeting to be kept for an offline start. */
const notKept = new Set([
  'getLogs',
  'getGuestMetrics',
  'listScriptExecutions', // 128 KiB of output a row
  'makePlan',
  'checkConfig',
  'checkImage',
  'checkScript',
  'draft-source',
])

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Events tell what changed, so nothing is asked again by time or by focus alone.
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: keptMs,
        networkMode: 'always', // a loopback server answers without any network
        refetchOnWindowFocus: false,
        retryDelay: (failures) => 300 * 2 ** failures, // milliseconds; whoever looks at the page waits for it
        retry: (failures, error) => isFault(error) && faultTable[error.code].retry && failures < 2,
      },
      mutations: { networkMode: 'always' },
    },
  })
}

const persister = createSyncStoragePersister({ storage: storage(), key: 'slipway.known', throttleTime: 2000 })

export const persistence: Omit<PersistQueryClientOptions, 'queryClient'> = {
  persister,
  maxAge: keptMs,
  buster: __SLIPWAY_BUILD__,
  dehydrateOptions: {
    shouldDehydrateQuery: ({ state, queryKey }) => state.status === 'success' && !notKept.has(String(queryKey[0])),
  },
}

/** Storage may be forbidden; then nothing is kept. */
function storage(): Storage | undefined {
  try {
    return window.localStorage
  } catch {
    return undefined
  }
}
