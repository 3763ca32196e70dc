import { expect, it } from 'vitest'
import { parseHealthAnswer } from './health-answer.ts'

it.each<[string, unknown, string[] | null]>([
  ['nothing to say', { status: 'ok', checks: [] }, []],
  [
    'what is worst stands first',
    {
      status: 'critical',
      checks: [
        { name: 'memory', status: 'ok', message: '20 % of the memory is in use' },
        { name: 'disk /', status: 'warning', message: '85 % of / is in use' },
        { name: 'services', status: 'critical', message: 'failed: nginx' },
      ],
    },
    ['services: not well', 'disk /: not well', 'memory: well'],
  ],
  ['other words', { healthy: true }, null],
  ['nothing', null, null],
])('%s', (_, data, expected) => {
  const checks = parseHealthAnswer(data)
  expect(checks?.map(({ name, ok }) => `${name}: ${ok ? 'well' : 'not well'}`) ?? null).toEqual(expected)
})
