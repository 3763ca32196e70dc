import { Fault } from './fault.ts'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof unitMs

/**
 * Reads a duration such as `300s`, `1h30m` or `250ms` and returns milliseconds.
 * Units must fall in size; throws `invalid-request` for anything else.
 */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})(ms|s|m|h|d)/gy)]
  const units = parts.map((part) => part[2] as Unit) // the pattern admits no other unit
  const whole = parts.map((part) => part[0]).join('') === text
  const falling = units.every((unit, index) => index === 0 || unitMs[unit] < unitMs[units[index - 1] ?? 'd'])
  if (parts.length === 0 || !whole || !falling) {
    throw new Fault('invalid-request', `"${text}" is not a duration; write for example "300s", "5m" or "1h30m"`)
  }
  return parts.reduce((sum, part, index) => sum + Number(part[1]) * unitMs[units[index] ?? 'ms'], 0)
}

/** Prints milliseconds as the shortest exact duration: 90000 gives `1m30s`, 0 gives `0s`. */
export function printDuration(ms: number): string {
  let rest = Math.round(ms)
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / unitMs[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * unitMs[unit]
  }
  return text === '' ? '0s' : text
}
