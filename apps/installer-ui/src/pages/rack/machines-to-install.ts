import type { Machine } from '@slipway/protocol'
import { keptClaim } from '../../api/kept-claims.ts'
import { whyNotInstall } from '../../words/why-not-install.ts'
import { matchesMachine } from './matches-machine.ts'

export interface InstallChoice {
  readonly machine: Machine
  /** Why it cannot be installed now; null: it can. */
  readonly why: string | null
}

/** Machines that match a search: those that can be installed first, the others with why not. */
export function machinesToInstall(rows: readonly Machine[], q: string): InstallChoice[] {
  return rows
    .filter((row) => matchesMachine(row, { q, status: undefined }))
    .map((machine) => ({ machine, why: whyNotInstall(machine, keptClaim(machine.machine_id) !== undefined) }))
    .toSorted((a, b) => Number(a.why !== null) - Number(b.why !== null))
}
