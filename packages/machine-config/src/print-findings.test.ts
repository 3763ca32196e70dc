import { expect, it } from 'vitest'
import { checkConfig } from './check-config.ts'
import { printFindings } from './print-findings.ts'

it('prints place, severity, code and message, and the cure below', () => {
  const { findings } = checkConfig('pool "rpool" existing=#true\nimage "a.example.com/b"\nsysconfig { hostname "-" }\n')
  expect(printFindings(findings, 'm.kdl').split('\n')).toEqual([
    'm.kdl:3:22: error hostname-illegal: `-` is not a host name (RFC 1123).',
    expect.stringMatching(/^ {4}Write letters, digits and hyphens, .* hostname "machine-01"$/u),
  ])
  expect(printFindings([], 'm.kdl')).toBe('')
})
