import { Fault } from '@slipway/base'

/** What a simulated guest can do wrong, and the value it has where none is given (seconds, apart from switches). */
const defaults = {
  /** Says nothing by itself after the handshake: no keep-alives, no metrics. */
  silent: 0,
  /** Everything about scripts leaves that much later. */
  slow: 2,
  /** Half lines, bad UTF-8 and unknown types between the real ones, that often; real lines come in pieces. */
  garbage: 5,
  /** The guest is reset in the middle of a line, that often: the socket stays, a handshake comes. */
  reset: 10,
  /** The connection is closed, that often. */
  drop: 10,
  /** The result of a script comes that much later. */
  late: 5,
  /** Each result is sent twice. */
  duplicate: 0,
  /** The wall clock is that much ahead; negative: behind. */
  clock: 600,
  /** Speaks protocol 1. */
  legacy: 0,
} as const

export type GuestFaultKind = keyof typeof defaults

/** A fault as the command line gives it; `guest` null: all of them. */
export interface GuestFault {
  readonly kind: GuestFaultKind
  readonly guest: string | null
  readonly value: number
}

/** What is wrong with one guest: its faults by kind, with their values. */
export type GuestFaults = ReadonlyMap<GuestFaultKind, number>

const pattern = /^([a-z]+)(?::([\w.-]+))?(?:=(-?\d+(?:\.\d+)?))?$/

/** Parses `KIND[:GUEST][=VALUE]`; throws `usage` with the kinds there are. */
export function parseGuestFault(text: string): GuestFault {
  const [, kind = '', guest, value] = pattern.exec(text) ?? []
  if (!isKind(kind))
    throw new Fault(
      'usage',
      `"${text}" is not a fault of a guest; write KIND[:GUEST][=SECONDS], KIND one of ${Object.keys(defaults).join(', ')}`,
    )
  const seconds = value === undefined ? defaults[kind] : Number(value)
  if (seconds <= 0 && defaults[kind] > 0 && kind !== 'clock')
    throw new Fault('usage', `the fault "${text}" needs a number of seconds above 0`)
  return { kind, guest: guest ?? null, value: seconds }
}

/** The faults of one guest; one that names it wins over one for all. */
export function faultsOf(guest: string, faults: readonly GuestFault[]): GuestFaults {
  const meant = (name: string | null) =>
    faults.filter((fault) => fault.guest === name).map(({ kind, value }) => [kind, value] as const)
  return new Map([...meant(null), ...meant(guest)])
}

function isKind(text: string): text is GuestFaultKind {
  return Object.hasOwn(defaults, text)
}
