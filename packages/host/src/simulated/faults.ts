import { Fault } from '@slipway/base'
import { isIPv4 } from 'node:net'

/**
 * What goes wrong on a simulated machine. `at` names a step by its number in the plan (from 1), its id or its kind;
 * a fault strikes once in the life of a state directory, `slow`, `drop` and `taken` always.
 */
export type SimulatedFault =
  /** Steps take 20 ms times the factor, and layers 5 ms times the factor per MiB; without it nothing waits. */
  | { readonly kind: 'slow'; readonly factor: number }
  /** Connections break after about so many bytes: carried out by whoever holds them, as a host has none. */
  | { readonly kind: 'drop'; readonly bytes: number }
  /** Somebody else on the link has this IPv4 address, so that a probe finds it in use. */
  | { readonly kind: 'taken'; readonly address: string }
  /** The disk (by device name) dies when the step begins, or once so many bytes were unpacked. */
  | { readonly kind: 'disk-fail'; readonly disk: string; readonly at: StepPlace | null; readonly after_bytes: number }
  /** Power goes when the step begins, or in its middle for `pull-layer`. */
  | { readonly kind: 'power-cut'; readonly at: StepPlace }

export type StepPlace = number | string

const usage =
  'write slow[=FACTOR], drop[=BYTES], taken=ADDRESS, disk-fail=DISK[@STEP|+BYTES] or power-cut@STEP; STEP is a number, id or kind'

/** Reads a fault as the command line writes it: `slow=3`, `drop`, `disk-fail=vdb@create-pool:rpool`, `power-cut@9`. */
export function parseSimulatedFault(text: string): SimulatedFault {
  const match = /^(slow|drop|taken|disk-fail|power-cut)(?:=([^@+]+))?(?:@([^+]+))?(?:\+(\d+))?$/.exec(text)
  if (!match) throw new Fault('usage', `"${text}" is not a fault; ${usage}`)
  const [, kind, value, place, bytes] = match
  const at = place === undefined ? null : /^\d+$/.test(place) ? Number(place) : place
  if (kind === 'slow') return { kind, factor: positive(value ?? '1', text) }
  if (kind === 'drop') return { kind, bytes: positive(value ?? '1000000', text) }
  if (kind === 'taken' && value !== undefined && isIPv4(value)) return { kind, address: value }
  if (kind === 'power-cut' && at !== null) return { kind, at }
  if (kind !== 'disk-fail' || value === undefined) throw new Fault('usage', `"${text}" is not a fault; ${usage}`)
  return { kind, disk: value, at, after_bytes: Number(bytes ?? 0) }
}

function positive(value: string, text: string): number {
  const number = Number(value)
  if (!(number > 0)) throw new Fault('usage', `"${text}" is not a fault; ${usage}`)
  return number
}

/** Tells whether a fault's place is this step. */
export function isAt(place: StepPlace, step: { id: string; kind: string }, index: number): boolean {
  return typeof place === 'number' ? place === index + 1 : place === step.id || place === step.kind
}
