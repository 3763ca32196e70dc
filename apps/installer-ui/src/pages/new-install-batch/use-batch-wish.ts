import { useState } from 'react'
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
  try {
    localStorage.setItem(key, JSON.stringify(wish))
  } catch {
    // storage is forbidden or full: the wish lives as long as the page
  }
}

export function forgetWish(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // nothing was kept
  }
}

function readWish(): BatchWish {
  try {
    const parsed = batchWishSchema.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null'))
    return parsed.success ? parsed.data : noWish
  } catch {
    return noWish // not ours, or storage is forbidden: then nothing is kept
  }
}
