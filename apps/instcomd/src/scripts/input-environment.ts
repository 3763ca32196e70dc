import type { InputValue } from './input-values.ts'

/** The variable that carries an input: `username` is in INPUT_USERNAME. */
export function environmentName(input: string): string {
  return `INPUT_${input.toUpperCase()}`
}

/** A value as text: a list joined by commas (options have none), nothing as the empty text. */
export function environmentText(value: InputValue | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'object' ? value.join(',') : String(value)
}
