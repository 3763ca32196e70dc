import { isTerminal, type Installation, type InstallationState } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

/** What an installation's state means to the eye. */
export const installationTone: Readonly<Record<InstallationState, Tone>> = {
  queued: 'idle',
  preparing: 'busy',
  partitioning: 'busy',
  pulling: 'busy',
  configuring: 'busy',
  finishing: 'busy',
  rebooting: 'busy',
  confirming: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
  'rolled-back': 'warn',
}

export type InstallationAction = 'cancel' | 'resume' | 'rollback'

/** States in which an installation has been on the machine and its steps can be taken back. */
const begun: readonly InstallationState[] = ['partitioning', 'pulling', 'configuring', 'finishing']

/** What may be done with an installation in which state (machines.md). */
export const mayDo: Readonly<Record<InstallationAction, (installation: Pick<Installation, 'status'>) => boolean>> = {
  cancel: ({ status }) => !isTerminal(status) && status !== 'rebooting' && status !== 'confirming',
  resume: ({ status }) => !isTerminal(status) && status !== 'confirming',
  rollback: ({ status }) => begun.includes(status),
}
