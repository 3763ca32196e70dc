/** Drafts survive a reload: one text a machine, in this browser. */
const keyOf = (machineId: string) => `slipway.draft.${machineId}`

export function readDraft(machineId: string): string | null {
  try {
    return localStorage.getItem(keyOf(machineId))
  } catch {
    return null // storage is forbidden: the draft lives as long as the page
  }
}

export function keepDraft(machineId: string, text: string): void {
  try {
    localStorage.setItem(keyOf(machineId), text)
  } catch {
    // storage is forbidden or full: the draft lives as long as the page
  }
}

export function forgetDraft(machineId: string): void {
  try {
    localStorage.removeItem(keyOf(machineId))
  } catch {
    // nothing was kept
  }
}
