import type { Guest } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

export const guestStates = ['connected', 'legacy', 'disconnected', 'unadopted'] as const

/** What the state of a guest's link means to the eye. */
export const guestTone: Readonly<Record<Guest['state'], Tone>> = {
  connected: 'good',
  legacy: 'warn',
  disconnected: 'bad',
  unadopted: 'warn',
}
