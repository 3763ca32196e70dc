import { expect, it } from 'vitest'
import { checkConfig } from './check-config.ts'
import { maxFindings } from './finding-list.ts'
import { maxConfigBytes } from './kdl-text.ts'

const codes = (text: string) => checkConfig(text).findings.map(({ code }) => code)

it('takes 256 KiB of UTF-8 and not one byte more', () => {
  const comment = (bytes: number) => `//${'é'.repeat((bytes - 2) / 2)}`
  expect(codes(comment(maxConfigBytes))).not.toContain('config-too-large')
  expect(checkConfig(`${comment(maxConfigBytes)}\n`)).toMatchObject({
    valid: false,
    config: null,
    findings: [{ code: 'config-too-large' }],
  })
})

it.each([
  ['blocks', 'a{'],
  ['closed blocks', 'a{}\n'],
  ['comments', '/*'],
  ['commented-out nodes', '/-'],
  ['quotes', '"'],
  ['raw strings', '#"'],
  ['line continuations', '\\\n'],
  ['hashes', '#'],
  ['properties', 'a a=1 '],
  ['semicolons', ';'],
  ['parentheses', '('],
  ['pools', 'pool\n'],
  ['disks', 'wipe "quick" { disks "a" }\n'],
])('answers within seconds on 256 KiB of %s', (_, piece) => {
  const started = performance.now()
  const text = piece.repeat(Math.floor(maxConfigBytes / piece.length))
  expect(checkConfig(text).valid).toBe(false)
  // It took 4 s at most on two busy cores; a quadratic step in it took 20 s.
  expect(performance.now() - started).toBeLessThan(10_000)
})

it('says so when blocks are nested too deeply', () => {
  expect(codes('a{'.repeat(20_000))).toEqual(['nesting-too-deep'])
  expect(codes(`${'a{\n'.repeat(20_000)}${'}\n'.repeat(20_000)}`)).toEqual(['nesting-too-deep'])
})

it('bounds the number of findings and says how many there are', () => {
  const { findings } = checkConfig('x\n'.repeat(100_000))
  expect(findings.length).toBe(maxFindings + 1)
  expect(findings.at(-1)).toMatchObject({ code: 'too-many-findings' })
})

it.each([
  ['a NUL', 'image "a\u0000b"', 1, 9],
  ['a lone surrogate', 'image "a\ud800b"', 1, 9],
  ['a lone low surrogate', 'image "😀\udc00"', 1, 9],
  ['a change of direction', 'image "a\u202eb"', 1, 9],
  ['a second byte order mark', '\ufeffimage "\ufeff"', 1, 8],
])('finds %s at its place', (_, text, line, column) => {
  const marked = `${text.startsWith('\ufeff') ? '' : '/- kdl-version 2\n'}${text}`
  const at = text.startsWith('\ufeff') ? line : line + 1
  expect(checkConfig(marked).findings[0]).toMatchObject({ code: 'syntax-error', line: at, column })
})

it('skips a byte order mark and counts columns in code points', () => {
  const { findings } = checkConfig('\ufeffreboot #true; /* 😀é */ polo "x"')
  expect(findings.find(({ code }) => code === 'unknown-node')).toMatchObject({ line: 1, column: 24, end_column: 28 })
})

it('shows control characters of a value as text', () => {
  const [finding] = checkConfig(
    'pool "r" existing=#true\nimage "a.b/c"\nsysconfig { hostname "\\u{1b}[31mred\\n" }',
  ).findings
  expect(finding?.message).toBe('`\\u{1b}[31mred\\u{a}` is not a host name (RFC 1123).')
})
