import { infiniteQueryOptions, queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import type { Fault } from '@slipway/base'
import type { CallInput, CallOutput } from '@slipway/client'
import type { ApiRouteName } from '@slipway/protocol'
import { client } from './client.ts'

/** A route's answer as a query; its key is the route's name and input, which is how events find it (event-effects.ts). */
export function routeQuery<N extends ApiRouteName>(name: N, input: CallInput<N>) {
  return queryOptions<CallOutput<N>, Fault, CallOutput<N>, readonly [N, CallInput<N>]>({
    queryKey: [name, input],
    queryFn: ({ signal }) => client.call(name, { ...input, signal }),
  })
}

/** Beyond what events make stale: what no event tells of is asked for again when its page is opened, or by time. */
interface ReadOptions {
  readonly enabled?: boolean
  readonly refetchOnMount?: 'always'
  /** Milliseconds. */
  readonly refetchInterval?: number
}

/** Reads a route on a page. */
export function useRoute<N extends ApiRouteName>(name: N, input: CallInput<N>, options: ReadOptions = {}) {
  return useQuery({ ...routeQuery(name, input), ...options })
}

/** Routes that answer in pages (`items`, `next_cursor`). */
type ListRoute = {
  [N in ApiRouteName]: CallOutput<N> extends { items: unknown[]; next_cursor: string | null } ? N : never
}[ApiRouteName]
type Item<N extends ListRoute> = CallOutput<N> extends { items: (infer T)[] } ? T : never

/** Most rows of a list that a page holds: beyond it the page asks for a narrower search. */
export const mostRows = 5000

/** Every row of a list route, page after page, up to `mostRows`. Its key begins with the route's name as well. */
export function listQuery<N extends ListRoute>(name: N, query: object = {}) {
  return queryOptions<Item<N>[], Fault, Item<N>[], readonly [N, { readonly query: object }]>({
    queryKey: [name, { query }],
    queryFn: ({ signal }) => readAll(name, query, signal),
  })
}

export function useList<N extends ListRoute>(name: N, query: object = {}, options: ReadOptions = {}) {
  return useQuery({ ...listQuery(name, query), ...options })
}

async function readAll<N extends ListRoute>(name: N, query: object, signal: AbortSignal): Promise<Item<N>[]> {
  const rows: Item<N>[] = []
  for (let cursor: string | null = null; ;) {
    const page: { items: unknown[]; next_cursor: string | null } = await readPage(name, query, { cursor, signal })
    rows.push(...(page.items as Item<N>[])) // parsed by the route's own schema
    cursor = page.next_cursor
    if (cursor === null || rows.length >= mostRows) return rows
  }
}

/** One page; the list routes differ in their filters only, which TypeScript cannot follow through a generic name. */
function readPage(name: ListRoute, query: object, at: { cursor: string | null; signal: AbortSignal }) {
  const input = {
    query: { limit: 500, ...query, ...(at.cursor === null ? {} : { cursor: at.cursor }) },
    signal: at.signal,
  }
  return client.call(name, input) as Promise<{ items: unknown[]; next_cursor: string | null }>
}

/** A list that grows downwards as one scrolls (events): newest first. */
export function pagedQuery<N extends ListRoute>(name: N, query: object, limit = 100) {
  return infiniteQueryOptions({
    queryKey: [name, { query, paged: limit }] as const,
    queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) =>
      readPage(name, { limit, ...query }, { cursor: pageParam, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor,
  })
}

/** Calls a route that changes something. */
export function useAct<N extends ApiRouteName>(name: N, options: { onSuccess?(answer: CallOutput<N>): unknown } = {}) {
  return useMutation<CallOutput<N>, Fault, CallInput<N>>({
    mutationFn: (input) => client.call(name, input),
    ...options,
  })
}
