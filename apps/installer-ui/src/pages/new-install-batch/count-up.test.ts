import { expect, it } from 'vitest'
import { countUp } from './count-up.ts'

it.each([
  ['node-01', 1, 'node-02'],
  ['node-09', 1, 'node-10'],
  ['node-99', 1, 'node-100'],
  ['rack7-node03', 2, 'rack7-node05'],
  ['web1.example', 1, 'web2.example'],
  ['web', 0, 'web'],
  ['web', 1, 'web-2'],
  ['', 0, ''],
  ['192.0.2.10/24', 5, '192.0.2.15/24'],
  ['192.0.2.10', 5, '192.0.2.15'],
  ['42', 1, '43'],
])('%j counted up by %i is %j', (text, by, expected) => {
  expect(countUp(text, by)).toBe(expected)
})
