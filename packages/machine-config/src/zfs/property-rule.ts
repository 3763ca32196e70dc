/** What values a ZFS property takes. */
export type PropertyRule =
  | { readonly type: 'on-off' }
  | { readonly type: 'one-of'; readonly values: readonly string[] }
  | { readonly type: 'integer'; readonly from: number; readonly to: number }
  /** A power of two, in bytes or with K, M: 512 … 16M. */
  | { readonly type: 'block-size'; readonly from: number; readonly to: number; readonly or?: readonly string[] }
  /** Bytes, or `none`. */
  | { readonly type: 'size' }
  | { readonly type: 'text'; readonly pattern: RegExp; readonly example: string }
  /** Read-only in ZFS, or set by the installer itself. */
  | { readonly type: 'not-settable'; readonly why: string }

export interface ZfsProperty {
  readonly rule: PropertyRule
  /** The one platform whose ZFS knows it; both know it if absent. */
  readonly only?: 'linux' | 'illumos'
  /** True where the installer sets it itself in the pool that holds the system. */
  readonly notInRoot?: true
}

export const onOff = { type: 'on-off' } as const
export const oneOf = (...values: string[]) => ({ type: 'one-of', values }) as const
export const readOnly = { type: 'not-settable', why: 'ZFS reports it, nobody sets it' } as const
export const installers = { type: 'not-settable', why: 'the installer sets it itself' } as const
