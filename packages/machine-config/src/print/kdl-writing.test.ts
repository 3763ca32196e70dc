import { parse as parseV2 } from '@bgotink/kdl'
import { parse as parseV1 } from '@bgotink/kdl/v1-compat'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { writeName, writeString } from './kdl-writing.ts'

it('any text comes back from its quoted form, in both versions of KDL', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\', '"', '\u0000\u0085', '#true', '/-')),
      (text) => {
        for (const parse of [parseV1, parseV2]) {
          const [node] = parse(`${writeName(text)} ${writeString(text)}`).nodes
          expect([node?.getName(), node?.getArgument(0)]).toEqual([text, text])
        }
      },
    ),
    { numRuns: 500 },
  )
})
