import { Fault } from './fault.ts'

/**
 * Prints a JSON value in the canonical form of RFC 8785 (sorted keys by UTF-16 code units, ECMAScript numbers).
 * Members that are `undefined` are left out. Throws `invalid-request` for values JSON cannot carry: NaN, infinities,
 * lone surrogates, functions, cycles.
 */
export function canonicalJson(value: unknown): string {
  return print(value, new Set())
}

function print(value: unknown, above: Set<object>): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return printNumber(value)
  if (typeof value === 'string') return printString(value)
  if (typeof value !== 'object') throw new Fault('invalid-request', `a ${typeof value} cannot stand in JSON`)
  if (above.has(value)) throw new Fault('invalid-request', 'a value that contains itself cannot stand in JSON')
  above.add(value)
  const text = Array.isArray(value) ? printArray(value, above) : printObject(value, above)
  above.delete(value)
  return text
}

function printArray(value: readonly unknown[], above: Set<object>): string {
  return `[${value.map((item) => print(item, above)).join(',')}]`
}

function printObject(value: object, above: Set<object>): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1)) // string comparison in JavaScript is by UTF-16 code units, as RFC 8785 wants
  return `{${members.map(([key, member]) => `${printString(key)}:${print(member, above)}`).join(',')}}`
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Fault('invalid-request', `${value} cannot stand in JSON`)
  return JSON.stringify(value)
}

function printString(value: string): string {
  if (!value.isWellFormed()) throw new Fault('invalid-request', 'a string with a lone surrogate cannot stand in JSON')
  return JSON.stringify(value)
}
