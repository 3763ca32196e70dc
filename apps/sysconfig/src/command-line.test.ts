import { describe, expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'

describe('the command line', () => {
  test('apply and show take their documented flags', () => {
    expect(parseCommandLine(['apply', '--root', '/target', '--config', 'a.kdl', '--dry-run', '--json'])).toEqual({
      command: 'apply',
      root: '/target',
      config: 'a.kdl',
      dryRun: true,
      json: true,
      report: false,
    })
    expect(parseCommandLine(['show'])).toMatchObject({ command: 'show', root: '/', config: null })
    expect(parseCommandLine(['--help']).command).toBe('help')
  })

  test.each([
    [[]],
    [['remove']],
    [['apply', 'twice']],
    [['apply', '--nope']],
    [['apply', '--root']],
    [['show', '--dry-run']],
    [['apply', '--report', '--root', '/target']],
  ])('%j is a usage error', (argv) => {
    expect(() => parseCommandLine(argv)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
