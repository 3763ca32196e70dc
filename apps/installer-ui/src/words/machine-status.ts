import type { MachineStatus } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

/** What a machine's status means to the eye. */
export const machineTone: Readonly<Record<MachineStatus, Tone>> = {
  available: 'idle',
  claimed: 'busy',
  installing: 'busy',
  installed: 'good',
  managed: 'good',
  error: 'bad',
  offline: 'warn',
}
