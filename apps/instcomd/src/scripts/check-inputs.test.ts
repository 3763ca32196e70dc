import { scriptInputSchema, type ScriptInput } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { checkInputs, maskedValue } from './check-inputs.ts'

function inputs(...definitions: object[]): { inputs: ScriptInput[] } {
  return { inputs: definitions.map((definition) => scriptInputSchema.parse(definition)) }
}
const of = (type: string, more: object = {}) => inputs({ name: 'x', type, ...more })

describe('input values', () => {
  it.each([
    ['text', {}, "it's", "it's"],
    ['textarea', {}, 'a\nb', 'a\nb'],
    ['number', { validation: { min: 1, max: 5 } }, '3', '3'],
    ['number', {}, 0.5, '0.5'],
    ['boolean', {}, true, 'true'],
    ['boolean', {}, 'false', 'false'],
    ['select', { options: ['a', { label: 'B', value: 'b' }] }, 'b', 'b'],
    ['multiselect', { options: ['a', 'b', 'c'] }, ['c', 'a'], 'c,a'],
    ['multiselect', { options: ['a', 'b', 'c'] }, 'a,b', 'a,b'],
    ['path', {}, '/etc/x y', '/etc/x y'],
    ['password', {}, 'p$(x)', 'p$(x)'],
    ['email', {}, 'ada@example.com', 'ada@example.com'],
    ['url', {}, 'https://example.com/a?b', 'https://example.com/a?b'],
  ])('of type %s are taken (%j %j)', (type, more, value, text) => {
    const checked = checkInputs(of(type, more), { x: value })
    expect(checked.findings).toEqual([])
    expect(checked.environment).toEqual({ INPUT_X: text })
  })

  it.each([
    ['text', {}, 5],
    ['text', {}, 'a\nb'],
    ['text', {}, 'a\0'],
    ['text', {}, '\ud800'],
    ['text', { validation: { pattern: 'a+' } }, 'baa'],
    ['text', { validation: { maxLength: 2 } }, 'abc'],
    ['textarea', {}, 'x'.repeat(130_000)],
    ['number', {}, 'x'],
    ['number', {}, ''.padEnd(3)],
    ['number', { validation: { max: 5 } }, 6],
    ['boolean', {}, 'yes'],
    ['select', { options: ['a'] }, 'b'],
    ['multiselect', { options: ['a'] }, ['a', 'a']],
    ['multiselect', { options: ['a'] }, ['b']],
    ['path', {}, 'a\rb'],
    ['email', {}, 'ada'],
    ['url', {}, 'javascript:alert(1)'],
    ['text', { validation: { pattern: '(a+)+$' } }, `${'a'.repeat(60)}!`],
  ])('of type %s are refused (%j)', (type, more, value) => {
    expect(checkInputs(of(type, more), { x: value }).findings).toMatchObject([
      { code: 'input-invalid', path: 'input_values.x' },
    ])
  })

  it('are told of all at once: unknown, missing, invalid', () => {
    const script = inputs(
      { name: 'a', type: 'text', required: true },
      { name: 'b', type: 'number' },
      { name: 'c', type: 'text', default: 'd' },
    )
    const checked = checkInputs(script, { b: 'x', z: 1, __proto__: 1 })
    expect(checked.findings.map(({ code }) => code)).toEqual(['input-unknown', 'input-missing', 'input-invalid'])
    expect(checked.values).toEqual({ c: 'd' })
    expect(checked.environment).toEqual({ INPUT_A: '', INPUT_B: '', INPUT_C: 'd' })
  })

  it('show no password, not even in a finding', () => {
    const checked = checkInputs(of('password', { validation: { minLength: 20 } }), { x: 'hunter2' })
    expect(JSON.stringify(checked.findings)).not.toContain('hunter2')
    expect(checkInputs(of('password'), { x: 'hunter2' }).shown).toEqual({ x: maskedValue })
  })
})
