import fc from 'fast-check'
import { expect, it } from 'vitest'
import { configCheckSchema, machineConfigSchema } from '@slipway/protocol'
import { checkConfig, parseConfig } from './check-config.ts'
import { setValue } from './edit/set-value.ts'
import { formatConfig } from './format/format-config.ts'
import { printConfig } from './print/print-config.ts'
import { arbitraryConfig, classOf } from './testing/arbitrary-config.ts'

const runs = { numRuns: 150 }

it('parse after print is the identity, in both versions of KDL', () => {
  const classes = new Map<string, number>()
  fc.assert(
    fc.property(arbitraryConfig, fc.boolean(), (config, kdl1) => {
      classes.set(classOf(config), (classes.get(classOf(config)) ?? 0) + 1)
      machineConfigSchema.parse(config)
      const text = printConfig(config, { kdl1 })
      expect(parseConfig(text)).toEqual({ ok: true, value: config })
      expect(printConfig(config, { kdl1 })).toBe(text)
    }),
    runs,
  )
  console.log('generated configs:', Object.fromEntries(classes))
  expect([...classes.keys()].toSorted()).toEqual(['existing pool', 'ext4', 'root pool first', 'root pool later'])
})

it('formatting what was printed changes nothing, and crosses versions without a loss', () => {
  fc.assert(
    fc.property(arbitraryConfig, (config) => {
      const two = printConfig(config)
      const one = printConfig(config, { kdl1: true })
      expect(formatConfig(two)).toEqual({ ok: true, value: two })
      expect(formatConfig(one)).toEqual({ ok: true, value: two })
      expect(formatConfig(two, { kdl1: true })).toEqual({ ok: true, value: one })
    }),
    runs,
  )
})

/** Values that a form sets, each with a value that differs from every generated one. */
const edits = fc.constantFrom<readonly [string, string | number | boolean]>(
  ['/sysconfig/hostname', 'other-host'],
  ['/image', 'oci://other.example.com/x:9'],
  ['/boot_environment_name', 'other-be'],
  ['/swap_bytes', 123 * 1024 ** 3],
  ['/reboot', false],
  ['/sysconfig/timezone', 'Asia/Tokyo'],
  ['/sysconfig/nameservers/-', '9.9.9.9'],
  ['/sysconfig/interfaces/0/mtu', 1400],
  ['/sysconfig/interfaces/0/selector', 'mac:02:00:00:00:00:ff'],
  ['/pools/0/options/atime', true],
  ['/pools/0/vdevs/0/disks/-', 'c99t0d0'],
  ['/sysconfig/users/0/sudo', true],
)

it('an edit keeps every other byte, comments and line ends included', () => {
  const outcomes = { edited: 0, refused: 0 }
  fc.assert(
    fc.property(
      arbitraryConfig,
      edits,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (config, [pointer, value], end, kdl1) => {
        const text = decorate(printConfig(config, { kdl1 }), end)
        const edited = setValue(text, pointer, value)
        outcomes[edited.ok ? 'edited' : 'refused'] += 1
        if (!edited.ok) {
          expect(edited.error[0]?.code).toBe('edit-pointer-unknown')
          return
        }
        expectOneChange(text, edited.value)
        expect(commentsOf(edited.value)).toEqual(commentsOf(text))
        // Setting it again writes the same.
        if (!pointer.endsWith('-')) expect(setValue(edited.value, pointer, value)).toEqual(edited)
      },
    ),
    runs,
  )
  console.log('edits:', outcomes)
  expect(outcomes.edited).toBeGreaterThan(outcomes.refused)
})

/** A comment behind every line that can bear one. */
function decorate(text: string, end: string): string {
  return text
    .split('\n')
    .map((line, index) => (line === '' || line.startsWith('/-') ? line : `${line}  // ${index} ünï 😀`))
    .join(end)
}

function commentsOf(text: string): string[] {
  return text.match(/\/\/ \d+ ünï 😀/gu) ?? []
}

/** One stretch differs; what stands before and after it is the whole old text, but for the replaced value. */
function expectOneChange(before: string, after: string): void {
  let start = 0
  while (start < before.length && before[start] === after[start]) start += 1
  let tail = 0
  while (tail < before.length - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const replaced = before.slice(start, before.length - tail)
  expect(replaced).not.toMatch(/[\n{}]/u)
  expect(after.slice(0, start) + replaced + after.slice(after.length - tail)).toBe(before)
}

it('a check never throws, and answers in its schema, on any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), kdlLike), (text) => {
      configCheckSchema.parse(checkConfig(text))
      const formatted = formatConfig(text)
      if (formatted.ok) expect(formatConfig(formatted.value)).toEqual(formatted)
    }),
    { numRuns: 300 },
  )
})

const tokens =
  'pool vdev disks options image sysconfig hostname interface address "x" "10.0.0.1/8" = { } ; \n // /* */ /- ( ) #true true null 1 0x1f 1e9 r"q" #"q"# \\ " \u0000 \ud800 \ufeff 😀 kdl-version'
const kdlLike = fc.array(fc.constantFrom(...tokens.split(' ')), { maxLength: 40 }).map((words) => words.join(' '))

it('a check never throws on a config with letters lost, doubled or replaced', () => {
  // Half of the changes put a letter for a letter, so that much of the text still parses and its meaning is checked.
  const outcomes = { syntax: 0, findings: 0, valid: 0 }
  const letter = fc.record({ at: fc.nat(), by: fc.constantFrom('x', '0', '9', '-', '_', '.'), cut: fc.constant(1) })
  const rough = fc.record({
    at: fc.nat(),
    by: fc.constantFrom('', '"', '{', '}', ';', '\n', '=', '#', '\\', 'x', '\u0000'),
    cut: fc.nat(3),
  })
  fc.assert(
    fc.property(
      arbitraryConfig,
      fc.oneof(fc.array(letter, { minLength: 1, maxLength: 3 }), fc.array(rough, { minLength: 1, maxLength: 3 })),
      (config, mutations) => {
        const text = mutations.reduce((now, { at, by, cut }) => {
          const start = at % (now.length + 1)
          return now.slice(0, start) + by + now.slice(start + cut)
        }, printConfig(config))
        const checked = configCheckSchema.parse(checkConfig(text))
        outcomes[checked.config === null ? 'syntax' : checked.valid ? 'valid' : 'findings'] += 1
        expect(checked.valid).toBe(checked.findings.every(({ severity }) => severity !== 'error'))
        for (const { line, column, end_line, end_column } of checked.findings) {
          expect(end_line > line || (end_line === line && end_column >= column)).toBe(true)
        }
      },
    ),
    runs,
  )
  console.log('mutated configs:', outcomes)
})
