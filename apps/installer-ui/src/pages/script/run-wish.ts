import type { CallInput } from '@slipway/client'
import type { Guest, Schedule, Script, ScheduleTiming, ScriptInput } from '@slipway/protocol'

export const timingKinds = ['now', 'at', 'every', 'cron'] as const
export type TimingKind = (typeof timingKinds)[number]

/** What a person has entered: everything as text, until it is sent. Empty numbers are not sent. */
export interface RunWish extends RarerWishes {
  readonly values: Readonly<Record<string, InputValue>>
  readonly machines: readonly string[]
  readonly tags: readonly string[]
  readonly kind: TimingKind
  /** Of a date input, in this browser's zone: when it runs once, or first. */
  readonly at: string
  readonly minutes: number
  readonly cron: string
  readonly timeZone: string
  /** Name of the schedule, where one is made. */
  readonly name: string
}
export type InputValue = string | number | boolean | readonly string[]

/** What most runs leave as it is. */
interface RarerWishes {
  /** The script's own unless given. */
  readonly runAs: string
  readonly timeoutSeconds: number | ''
  /** Of a schedule: it ends after so many runs. */
  readonly mostRuns: number | ''
  readonly missed: Schedule['missed']
  readonly onFailure: Schedule['on_failure']
  readonly canary: number | ''
  readonly maxParallel: number | ''
  readonly stopAfterFailures: number | ''
  readonly jitterSeconds: number | ''
}

const asUsual: RarerWishes = {
  runAs: '',
  timeoutSeconds: '',
  mostRuns: '',
  missed: 'run_once',
  onFailure: 'continue',
  canary: '',
  maxParallel: '',
  stopAfterFailures: '',
  jitterSeconds: '',
}

export function firstWish({ name, inputs }: Pick<Script, 'name' | 'inputs'>, machines: readonly string[]): RunWish {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const values = firstValues(inputs, {})
  const when = { kind: 'now', at: '', minutes: 60, cron: '0 3 * * *', timeZone } as const
  return { ...asUsual, ...when, values, machines, tags: [], name }
}

/** Of each input what was given before, else its default, else what stands for nothing. */
export function firstValues(
  inputs: readonly ScriptInput[],
  given: Readonly<Record<string, unknown>>,
): Record<string, InputValue> {
  return Object.fromEntries(
    inputs.map((input) => [input.name, (given[input.name] as InputValue) ?? input.default ?? emptyValue(input)]), // checked when it was saved
  )
}

function emptyValue({ type }: ScriptInput): InputValue {
  if (type === 'boolean') return false
  return type === 'multiselect' ? [] : ''
}

/** Values that were entered; what is empty is not sent, so that defaults and «required» are the server's to tell. */
export function enteredValues({ values }: Pick<RunWish, 'values'>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

/** Machines that are named or have one of the tags, each once. */
export function targetsOf({ machines, tags }: RunWish, guests: readonly Guest[]): string[] {
  const tagged = guests.filter((guest) => guest.tags.some((tag) => tags.includes(tag)))
  return [...new Set([...machines, ...tagged.map(({ machine_id }) => machine_id)])]
}

/** Of some machines those whose system a script is not for: there it would wait for ever. */
export function wrongSystem({ os }: Pick<Script, 'os'>, ids: readonly string[], guests: readonly Guest[]): string[] {
  const chosen = new Set(ids)
  return guests
    .filter(({ machine_id, platform }) => chosen.has(machine_id) && platform !== null && !os.includes(platform))
    .map(({ machine_id }) => machine_id)
}

/** What keeps a wish from being sent; null when nothing does. */
export function whyNotSent(wish: RunWish, guests: readonly Guest[]): string | null {
  if (targetsOf(wish, guests).length === 0) return 'Choose at least one machine, or a tag that machines have.'
  if (wish.kind === 'at' && Number.isNaN(Date.parse(wish.at))) return 'Say when.'
  if (wish.kind !== 'now' && wish.name.trim() === '') return 'Give the schedule a name.'
  return null
}

/** How a wish for now is sent. */
export function executionsOf(
  script: Pick<Script, 'id'>,
  wish: RunWish,
  machine_ids: string[],
): NonNullable<CallInput<'addScriptExecutions'>['body']> {
  return { script_id: script.id, machine_ids, input_values: enteredValues(wish), ...runnerOf(wish) }
}

/** How a wish for later, once or repeatedly, is sent: as a schedule, which finds its tags anew each time. */
export function scheduleOf(script: Pick<Script, 'id'>, wish: RunWish): NonNullable<CallInput<'addSchedule'>['body']> {
  const { canary, maxParallel, stopAfterFailures, jitterSeconds } = wish
  return {
    script_id: script.id,
    name: wish.name.trim(),
    input_values: enteredValues(wish),
    timing: timingOf(wish),
    targets: { machine_ids: [...wish.machines], ...(wish.tags.length > 0 && { tags: [...wish.tags] }) },
    missed: wish.missed,
    on_failure: wish.onFailure,
    ...(canary !== '' && { canary }),
    ...(maxParallel !== '' && { max_parallel: maxParallel }),
    ...(stopAfterFailures !== '' && { stop_after_failures: stopAfterFailures }),
    ...(jitterSeconds !== '' && { jitter_seconds: jitterSeconds }),
    ...runnerOf(wish),
  }
}

function runnerOf({ runAs, timeoutSeconds }: RarerWishes) {
  return {
    ...(runAs.trim() !== '' && { run_as: runAs.trim() }),
    ...(timeoutSeconds !== '' && { timeout_seconds: timeoutSeconds }),
  }
}

export function timingOf(wish: RunWish): ScheduleTiming {
  const { kind, at, minutes, cron, timeZone, mostRuns } = wish
  const most = mostRuns === '' ? {} : { max_executions: mostRuns }
  if (kind === 'at') return { kind: 'at', at: new Date(at).toISOString() }
  if (kind === 'cron') return { kind: 'cron', cron: cron.trim(), time_zone: timeZone, ...most }
  if (kind === 'now') return { kind: 'immediate' }
  const from = Number.isNaN(Date.parse(at)) ? {} : { from: new Date(at).toISOString() }
  return { kind: 'every', interval_minutes: minutes, ...from, ...most }
}
