import { describe, expect, it } from 'vitest'
import { parseScript } from './parse-script.ts'

const example = `name: Create Local User            # required, unique
description: Adds a user
tags: [users]
category: accounts
version: "1"
os: [linux, windows]
shell: bash
inputs:
  - { name: username, type: text, label: User name, required: true, validation: { pattern: "^[a-z_][a-z0-9_-]*$", maxLength: 32 } }
script: |
  id -u "\${{ inputs.username }}" || useradd "\${{ inputs.username }}"
execution: { timeout: 120, run_as: root, retry_on_failure: false, max_retries: 0 }
`

function findings(source: string) {
  return parseScript({ source }).findings
}

describe('a script file', () => {
  it('is read as the documentation shows it', () => {
    const parsed = parseScript({ source: example })
    expect(parsed).toMatchObject({
      valid: true,
      script: { name: 'Create Local User', execution: { timeout: 120, run_as: 'root' } },
    })
    expect(parsed.program).toBe('id -u "${INPUT_USERNAME}" || useradd "${INPUT_USERNAME}"\n')
    expect(parsed.findings.map(({ severity }) => severity)).toEqual(['warning'])
  })

  it('may be JSON', () => {
    const source = JSON.stringify({ name: 'x', os: ['linux'], shell: 'sh', script: 'true' }, null, 2)
    expect(parseScript({ source })).toMatchObject({ valid: true, findings: [] })
  })

  it('shows every problem at once, with line, column and cure', () => {
    const source = `name: x
os: [linux]
shell: cmd
inputs:
  - { name: user, type: text, default: "a b", validation: { pattern: "[a-z]+" } }
  - { name: USER, type: text }
  - { name: size, type: number, validation: { pattern: "1" } }
  - { name: kind, type: select }
  - { name: slow, type: text, validation: { pattern: "(a+)+" } }
  - { name: bad, type: text, validation: { pattern: "(" } }
  - { name: pass, type: password, default: hunter2 }
script: |
  echo hello
  echo \${{ inputs.nobody }}
`
    const found = findings(source)
    expect(found.map(({ code, line }) => [code, line])).toEqual([
      ['shell-missing', 3],
      ['input-twice', 6],
      ['default-invalid', 5],
      ['rule-unused', 7],
      ['options-missing', 8],
      ['pattern-slow', 9],
      ['pattern-invalid', 10],
      ['default-secret', 11],
      ['reference-unknown', 14],
    ])
    expect(found.at(-1)).toMatchObject({ line: 14, column: 8, path: 'script' })
    for (const { cure } of found) expect(cure).not.toBe('')
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  it('tells shape errors with their place', () => {
    expect(findings('name: x\nos: [macos]\nshell: bash\nscript: 5\nextra: 1\n')).toMatchObject([
      { code: 'value-wrong', path: 'os[0]', line: 2, column: 6 },
      { code: 'type-wrong', path: 'script', line: 4 },
      { code: 'key-unknown', line: 1 },
    ])
  })

  it('tells YAML errors with their place', () => {
    expect(findings('name: "x\nos: [')[0]).toMatchObject({ code: 'not-yaml', line: expect.any(Number) })
    expect(findings('name: x\nname: y\n')[0]).toMatchObject({ code: 'not-yaml', line: 2 })
  })

  it('is bounded in size, depth and aliases', () => {
    expect(findings(`name: ${'x'.repeat(800_000)}`)[0]).toMatchObject({ code: 'too-large' })
    expect(findings('['.repeat(100_000))[0]).toMatchObject({ code: 'too-deep' })
    expect(findings(`${'- '.repeat(50_000)}x`)[0]?.severity).toBe('error')
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, n) => `${'bcdefghij'[n]}: &${'bcdefghij'[n]} [${Array(9).fill(`*${'abcdefghi'[n]}`).join()}]`).join('\n')}\n`
    expect(findings(bomb)[0]).toMatchObject({ code: 'not-yaml' })
  })
})
