import type { MachineStatus } from '@slipway/protocol'

/** Whether the installed system runs, as far as is known: its addresses are the machine's, and machined does not answer. */
export function runsInstalled(status: MachineStatus): boolean {
  return status === 'installed' || status === 'managed'
}
