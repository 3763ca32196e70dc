import { browserStore } from '../../../api/browser-store.ts'

/** Drafts survive a reload: one text a machine, in this browser. */
const keyOf = (machineId: string) => `slipway.draft.${machineId}`

export function readDraft(machineId: string): string | null {
  return browserStore.read(keyOf(machineId))
}

export function keepDraft(machineId: string, text: string): void {
  browserStore.keep(keyOf(machineId), text)
}

export function forgetDraft(machineId: string): void {
  browserStore.forget(keyOf(machineId))
}
