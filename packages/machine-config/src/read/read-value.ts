import type { Entry } from '@bgotink/kdl'
import { locationOf, type Span } from '../places.ts'
import { shown } from '../words.ts'
import type { ReadContext } from './context.ts'
import type { ValueType } from './grammar.ts'

export interface ReadValue {
  readonly value: string | number | boolean
  readonly span: Span
}

interface Expected {
  readonly type: ValueType | 'any'
  /** What a message calls it: "`mtu`", "property `root` of `pool`". */
  readonly what: string
  readonly example: string
  readonly pointer: string
}

/** Reads one value of the expected type, or reports why it is not one and returns nothing. */
export function readValue(context: ReadContext, entry: Entry, expected: Expected): ReadValue | undefined {
  const { report } = context.findings
  const value = entry.getValue()
  const span = locationOf(entry.value)
  const { type, what, example, pointer } = expected
  if (entry.getTag() !== null) {
    report({
      code: 'type-annotation',
      severity: 'warning',
      message: `The type annotation (${entry.getTag()}) on ${what} means nothing here.`,
      cure: 'Remove the annotation; the value alone is read.',
      pointer,
      span,
    })
  }
  const wrong = typeMistake(value, context.text.slice(span.start.offset, span.end.offset), type)
  if (wrong === 'large') {
    report({
      code: 'number-out-of-range',
      message: `${what} is ${context.text.slice(span.start.offset, span.end.offset)}, too large to be kept exactly.`,
      cure: `Write a smaller number, for example: ${example}`,
      pointer,
      span,
    })
    return undefined
  }
  if (wrong === 'type' || value === null) {
    report({
      code: 'wrong-type',
      message: `${what} takes ${typeWords[type]}, not ${describe(value)}.`,
      cure: `Write it like: ${example}`,
      pointer,
      span,
    })
    return undefined
  }
  if (value === '') {
    report({ code: 'empty-value', message: `${what} is empty.`, cure: `Write it like: ${example}`, pointer, span })
    return undefined
  }
  return { value, span }
}

const typeWords = {
  string: 'a string',
  integer: 'an integer',
  boolean: '#true or #false',
  any: 'a string, an integer or a boolean',
} as const

function typeMistake(value: unknown, source: string, type: ValueType | 'any'): 'type' | 'large' | undefined {
  if (typeof value === 'number' && (type === 'integer' || type === 'any')) {
    // `12.0` and `1e3` are numbers with an integer's value, but the language has integers only.
    const isInteger = /^[+-]?(0[xob])?[0-9a-f_]+$/iu.test(source) && !/^[+-]?[0-9_]+e/iu.test(source)
    if (!isInteger && !source.startsWith('(')) return 'type'
    if (!Number.isInteger(value)) return 'type'
    return Number.isSafeInteger(value) ? undefined : 'large'
  }
  if (type === 'any') return typeof value === 'string' || typeof value === 'boolean' ? undefined : 'type'
  return typeof value === type ? undefined : 'type'
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `the string ${shown(value)}`
  if (typeof value === 'number') return `the number ${value}`
  return `#${String(value)}`
}
