import type { ScriptInput } from '@slipway/protocol'
import { matchWhole } from './check-pattern.ts'

/** One string of a process's environment holds 128 KiB at most on Linux (MAX_ARG_STRLEN), with its name. */
const mostBytes = 120_000
const mostLength: Partial<Record<ScriptInput['type'], number>> = { email: 320, url: 8192, path: 4096 }

/** A value as the type has it: strings, except numbers, booleans and the list of a multiselect. */
export type InputValue = string | number | boolean | readonly string[]

export type CheckedValue = { readonly value: InputValue } | { readonly problem: string; readonly cure: string }

/** Checks one given value; numbers and booleans may come as text, as a command line has them. */
export function checkValue(input: ScriptInput, given: unknown): CheckedValue {
  const read = readers[input.type](given, input)
  if ('problem' in read) return read
  return checkRules(input, read.value) ?? read
}

type Reader = (given: unknown, input: ScriptInput) => CheckedValue

const line: Reader = (given, { type }) => {
  const text = readText(given)
  if ('problem' in text) return text
  if (/[\r\n]/.test(String(text.value)))
    return problem(`is a ${type} and has more than one line`, 'give one line, or make the input a textarea')
  return text
}

const readers: Record<ScriptInput['type'], Reader> = {
  text: line,
  password: line,
  textarea: readText,
  number(given) {
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
    if (typeof value === 'number' && Number.isFinite(value)) return { value }
    return problem('is not a number', 'give digits, such as 42 or 0.5')
  },
  boolean(given) {
    if (typeof given === 'boolean') return { value: given }
    if (given === 'true' || given === 'false') return { value: given === 'true' }
    return problem('is neither true nor false', 'give true or false')
  },
  select(given, input) {
    const options = optionValues(input)
    if (typeof given === 'string' && options.includes(given)) return { value: given }
    return problem('is not one of the options', `give one of ${options.join(', ')}`)
  },
  multiselect(given, input) {
    const options = optionValues(input)
    const list = typeof given === 'string' ? given.split(',').filter((item) => item !== '') : given
    const cure = `give some of ${options.join(', ')}, each once`
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string' && options.includes(item)))
      return problem('has something that is not one of the options', cure)
    if (new Set(list).size !== list.length) return problem('names an option twice', cure)
    return { value: list }
  },
  path: line,
  email(given, input) {
    const text = line(given, input)
    if ('problem' in text || /^[^\s@<>"]+@[^\s@<>".]+(\.[^\s@<>".]+)*$/.test(String(text.value))) return text
    return problem('is not an e-mail address', 'give one address such as ada@example.com')
  },
  url(given, input) {
    const text = line(given, input)
    if (
      'problem' in text ||
      (URL.canParse(String(text.value)) && /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(String(text.value)))
    )
      return text
    return problem('is not a URL', 'give one with its scheme, such as https://example.com/')
  },
}

function readText(given: unknown): CheckedValue {
  if (typeof given !== 'string') return problem('is not a text', 'give a string')
  if (given.includes('\0'))
    return problem('contains a NUL character', 'remove it: a program’s environment cannot hold it')
  if (!given.isWellFormed()) return problem('is not valid Unicode', 'remove the half of a surrogate pair')
  if (Buffer.byteLength(given) > mostBytes)
    return problem(`is longer than ${mostBytes} bytes`, 'put large data into a file on the machine')
  return { value: given }
}

function checkRules(input: ScriptInput, value: InputValue): CheckedValue | null {
  const { pattern, minLength, maxLength, min, max } = input.validation ?? {}
  if (typeof value === 'number') {
    if (min !== undefined && value < min) return problem(`is below ${min}`, `give at least ${min}`)
    if (max !== undefined && value > max) return problem(`is above ${max}`, `give at most ${max}`)
    return null
  }
  if (typeof value === 'boolean') return null
  const length = typeof value === 'string' ? Array.from(value).length : value.length
  const most = Math.min(maxLength ?? Infinity, mostLength[input.type] ?? Infinity)
  if (minLength !== undefined && length < minLength)
    return problem(`is shorter than ${minLength}`, `give at least ${minLength}`)
  if (length > most) return problem(`is longer than ${most}`, `give at most ${most}`)
  if (pattern === undefined || typeof value !== 'string') return null
  const match = matchWhole(pattern, value)
  if (match === 'match') return null
  if (match === 'slow') return problem('takes too long to match its pattern', 'simplify the pattern of the input')
  return problem(`does not match ${pattern}`, 'give a value that matches the pattern as a whole')
}

/** The values that a select or multiselect admits. */
export function optionValues(input: ScriptInput): string[] {
  return (input.options ?? []).map((option) => (typeof option === 'string' ? option : option.value))
}

function problem(what: string, cure: string): CheckedValue {
  return { problem: what, cure }
}
