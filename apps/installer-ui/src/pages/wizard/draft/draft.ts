import { createContext, use } from 'react'
import type { Result } from '@slipway/base'
import type { EditValue } from '@slipway/machine-config'
import type { ConfigCheck, Finding, Inventory, MachineConfig } from '@slipway/protocol'

/** The config that is being written for one machine. Its text is the only truth: the form reads and edits it. */
export interface Draft {
  readonly machineId: string
  readonly inventory: Inventory
  readonly text: string
  readonly setText: (text: string) => void
  /** What was found in the text as it stands; null config: it does not parse, and the form cannot follow. */
  readonly check: ConfigCheck
  readonly config: MachineConfig | null
  /** Edits the text; what the edit refuses is shown as `refusal`. */
  readonly apply: (edit: (text: string) => Result<string, Finding[]>) => void
  /** Sets one value of the typed config by its JSON pointer; null takes it out. */
  readonly set: (pointer: string, value: EditValue) => void
  readonly refusal: string | null
  /** Starts over with a suggestion for this machine. */
  readonly reset: () => void
}

export const DraftContext = createContext<Draft | null>(null)

export function useDraft(): Draft {
  const draft = use(DraftContext)
  if (!draft) throw new Error('useDraft stands outside of DraftProvider')
  return draft
}

/** Findings at a place of the config or below it. */
export function findingsAt({ check }: Pick<Draft, 'check'>, ...pointers: readonly string[]): Finding[] {
  return check.findings.filter(({ pointer }) => pointers.some((at) => pointer === at || pointer.startsWith(`${at}/`)))
}
