import type { CallInput } from '@slipway/client'
import type { Guest, Script, ScheduleTiming, ScriptInput } from '@slipway/protocol'

export const timingKinds = ['now', 'at', 'every', 'cron'] as const
export type TimingKind = (typeof timingKinds)[number]

/** What a person has entered: everything as text, until it is sent. */
export interface RunWish {
  readonly values: Readonly<Record<string, InputValue>>
  readonly machines: readonly string[]
  readonly tags: readonly string[]
  readonly kind: TimingKind
  /** Of a date input, in this browser's zone. */
  readonly at: string
  readonly minutes: number
  readonly cron: string
  readonly timeZone: string
  /** Name of the schedule, where one is made. */
  readonly name: string
}
export type InputValue = string | number | boolean | readonly string[]

export function firstWish({ name, inputs }: Script, machines: readonly string[]): RunWish {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const values = Object.fromEntries(inputs.map((input) => [input.name, input.default ?? emptyValue(input)]))
  return { values, machines, tags: [], kind: 'now', at: '', minutes: 60, cron: '0 3 * * *', timeZone, name }
}

function emptyValue({ type }: ScriptInput): InputValue {
  if (type === 'boolean') return false
  return type === 'multiselect' ? [] : ''
}

/** Values that were entered; what is empty is not sent, so that defaults and «required» are the server's to tell. */
export function enteredValues({ values }: RunWish): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

/** Machines that are named or have one of the tags, each once. */
export function targetsOf({ machines, tags }: RunWish, guests: readonly Guest[]): string[] {
  const tagged = guests.filter((guest) => guest.tags.some((tag) => tags.includes(tag)))
  return [...new Set([...machines, ...tagged.map(({ machine_id }) => machine_id)])]
}

/** What keeps a wish from being sent; null when nothing does. */
export function whyNotSent(wish: RunWish, guests: readonly Guest[]): string | null {
  if (targetsOf(wish, guests).length === 0) return 'Choose at least one machine, or a tag that machines have.'
  if (wish.kind === 'at' && Number.isNaN(Date.parse(wish.at))) return 'Say when.'
  if (wish.kind !== 'now' && wish.name.trim() === '') return 'Give the schedule a name.'
  return null
}

/** How a wish is sent: at once as runs, later or repeatedly as a schedule, which finds its tags anew each time. */
export function scheduleOf(script: Script, wish: RunWish): NonNullable<CallInput<'addSchedule'>['body']> {
  const targets = { machine_ids: [...wish.machines], ...(wish.tags.length > 0 && { tags: [...wish.tags] }) }
  return {
    script_id: script.id,
    name: wish.name.trim(),
    input_values: enteredValues(wish),
    timing: timingOf(wish),
    targets,
  }
}

function timingOf({ kind, at, minutes, cron, timeZone }: RunWish): ScheduleTiming {
  if (kind === 'at') return { kind: 'at', at: new Date(at).toISOString() }
  if (kind === 'cron') return { kind: 'cron', cron: cron.trim(), time_zone: timeZone }
  return kind === 'every' ? { kind: 'every', interval_minutes: minutes } : { kind: 'immediate' }
}
