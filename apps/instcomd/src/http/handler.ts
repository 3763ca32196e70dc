import type { z } from 'zod'
import type { Permission, RouteName, routes } from '@slipway/protocol'

/** Who asks. `name` is what claims and events show as holder and actor. */
export interface Principal {
  readonly id: string
  readonly name: string
  readonly permission: Permission
}

type Definition<N extends RouteName> = (typeof routes)[N]
type Parsed<N extends RouteName, K extends 'params' | 'query' | 'body'> =
  Definition<N> extends Record<K, infer Schema extends z.core.$ZodType> ? z.output<Schema> : undefined

/** A request after its schemas parsed it. */
export interface Call<N extends RouteName> {
  readonly params: Parsed<N, 'params'>
  readonly query: Parsed<N, 'query'>
  readonly body: Parsed<N, 'body'>
  readonly principal: Principal
  readonly requestId: string
  readonly sourceAddress: string
  readonly idempotencyKey: string | null
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal
}

type Answer<N extends RouteName> =
  Definition<N> extends { stream: 'application/x-ndjson' }
    ? AsyncIterable<z.input<Definition<N>['response']>>
    : z.input<Definition<N>['response']>

/** Wire to service, no logic. */
export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Answer<N>>

/** What a noun's `routes.ts` returns; the server refuses to start when a route has no handler or two. */
export type Handlers = { readonly [N in RouteName]?: Handler<N> }
