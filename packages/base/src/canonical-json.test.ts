import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

describe('canonicalJson', () => {
  it('sorts keys by UTF-16 code units, as the example of RFC 8785 section 3.2.3 does', () => {
    const keys = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const printed = canonicalJson(keys)
    const order = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
    const places = order.map((key) => printed.indexOf(`"${key}":`))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places).not.toContain(-1)
  })

  it('prints numbers and strings as the example of RFC 8785 section 3.2.2 does', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('is the same whatever the order of keys, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const printed = canonicalJson(value)
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reverseKeys(value))).toBe(printed)
      }),
    )
  })

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], ['\ud800'], [() => 1], [{ '\udc00': 1 }]])(
    'refuses %s',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(/cannot stand in JSON/)
    },
  )

  it('refuses a value that contains itself, but not one that stands twice', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(() => canonicalJson(loop)).toThrow(/contains itself/)
    const twice = { a: 1 }
    expect(canonicalJson([twice, twice])).toBe('[{"a":1},{"a":1}]')
  })
})

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reverseKeys(member)]),
  )
}
