import type { Logger } from '@slipway/base'
import type { RetryClock, RetryPolicy } from './retry-policy.ts'

/** How one registry is reached; the key beside it is its `host[:port]` as references write it. */
export interface RegistryOptions {
  /** Tried in order after the registry itself: `host[:port]`, or `http(s)://host[:port][/prefix]`. Each may have its own entry. */
  readonly mirrors: string[]
  readonly username?: string
  readonly password?: string
  /** Unverified TLS, and plain HTTP where no TLS is spoken; loopback hosts count as insecure by themselves. */
  readonly insecure: boolean
  /** PEM of an authority trusted beside the system's. */
  readonly ca?: string
}

/** What a client needs; everything has a default. */
export interface RegistryClientOptions {
  readonly registries?: Record<string, RegistryOptions>
  readonly logger?: Logger
  readonly userAgent?: string
  /** Tries per server and the waits between them (full jitter); default `documentRetry` and, for layers, `layerRetry`. */
  readonly retry?: RetryPolicy
  /** Default: the system's; tests give their own. */
  readonly clock?: RetryClock
  /** A connection that gives no byte for so long is cut and tried again; default 30 000 ms. */
  readonly idleTimeoutMs?: number
}

export const defaultIdleTimeoutMs = 30_000
