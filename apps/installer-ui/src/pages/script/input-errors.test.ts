import { Fault } from '@slipway/base'
import { expect, it } from 'vitest'
import { inputErrors } from './input-errors.ts'

const finding = (path: string, cure: string | null) => ({ path, message: 'input keep is too large', cure })

it.each([
  ['no fault', null, {}],
  ['a fault of another kind', new Fault('not-found', 'gone'), {}],
  [
    'findings of inputs and of others',
    new Fault('script-invalid', 'not valid', {
      details: { findings: [finding('input_values.keep', 'give at most 90'), finding('shell', null)] },
    }),
    { keep: 'input keep is too large: give at most 90' },
  ],
])('%s', (_, fault, expected) => {
  expect(inputErrors(fault)).toEqual(expected)
})
