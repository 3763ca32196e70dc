import type { Backoff, Logger } from '@slipway/base'

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
  /** Tries per server and the waits between them (full jitter); default 5 tries from 250 ms, at most 8 s. */
  readonly retry?: Backoff
  /** A connection that gives no byte for so long is cut and tried again; default 30 000 ms. */
  readonly idleTimeoutMs?: number
}

/** The five tries of machines.md, "Images". */
export const defaultRetry: Backoff = { firstMs: 250, capMs: 8000, tries: 5 }
export const defaultIdleTimeoutMs = 30_000
