import { useState } from 'react'
import { browserStore } from '../../api/browser-store.ts'
import { batchWishSchema, noWish, type BatchWish } from './batch-wish.ts'

const key = 'slipway.install-batch'

/** Under this name the browser keeps the config's text. */
export const batchDraft = 'install-batch'

/** The wish for a new batch; it survives a reload. */
export function useBatchWish(): readonly [BatchWish, (wish: BatchWish) => void] {
  const [wish, set] = useState(readWish)
  return [
    wish,
    (next) => {
      set(next)
      keepWish(next)
    },
  ]
}

export function keepWish(wish: BatchWish): void {
  browserStore.keep(key, JSON.stringify(wish))
}

export function forgetWish(): void {
  browserStore.forget(key)
}

function readWish(): BatchWish {
  try {
    const parsed = batchWishSchema.safeParse(JSON.parse(browserStore.read(key) ?? 'null'))
    return parsed.success ? parsed.data : noWish
  } catch {
    return noWish // not ours
  }
}
