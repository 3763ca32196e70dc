import { useSyncExternalStore } from 'react'
import type { Claim } from '@slipway/protocol'
import { z } from 'zod/mini'
import { browserStore } from './browser-store.ts'

/** Claims that this browser holds, by machine. The id is the holder's handle; a browser that loses it waits for the expiry. */
const keptSchema = z.record(z.string(), z.object({ claim_id: z.string(), expires_at: z.string() }))
const key = 'slipway.claims'
const listeners = new Set<() => void>()

type Kept = z.infer<typeof keptSchema>

export function keptClaim(machineId: string): string | undefined {
  return readKept()[machineId]?.claim_id
}

export function keepClaim(machineId: string, { claim_id, expires_at }: Claim): void {
  write({ ...readKept(), [machineId]: { claim_id, expires_at } })
}

export function forgetClaim(machineId: string): void {
  const { [machineId]: _, ...others } = readKept()
  write(others)
}

/** The claim that this browser holds on a machine, if any. */
export function useKeptClaim(machineId: string): string | undefined {
  return useSyncExternalStore(subscribe, () => keptClaim(machineId))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('storage', listener) // another tab of this browser
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}

function readKept(): Kept {
  try {
    const parsed = keptSchema.safeParse(JSON.parse(browserStore.read(key) ?? '{}'))
    return parsed.success ? parsed.data : {}
  } catch {
    return {} // not ours
  }
}

function write(kept: Kept): void {
  browserStore.keep(key, JSON.stringify(kept)) // one that cannot be kept lives until it expires
  for (const listener of listeners) listener()
}
