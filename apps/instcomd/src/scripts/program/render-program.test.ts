import { spawnSync } from 'node:child_process'
import type { ScriptFile, ScriptInput } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderProgram } from './render-program.ts'

const input: ScriptInput = { name: 'x', type: 'textarea', required: true }
const number: ScriptInput = { name: 'n', type: 'number', required: true }
const reference = '${{ inputs.x }}'

function render(script: string, shell: ScriptFile['shell'] = 'bash') {
  return renderProgram({ shell, script, inputs: [input, number] })
}

/** Runs a rendered program as the agent does: from standard input's file, the value in the environment only. */
function run(shell: 'bash' | 'sh', program: string, value: string): string {
  const done = spawnSync(shell, ['-c', program], {
    env: { PATH: '/usr/bin:/bin', INPUT_X: value, INPUT_N: '7' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(done.stderr).toBe('')
  return done.stdout
}

const hostile = fc.oneof(
  fc.constantFrom(
    `'; touch /tmp/owned; '`,
    '"; touch /tmp/owned; "',
    '$(touch /tmp/owned)',
    '`touch /tmp/owned`',
    '${IFS}',
    'a\nb\n\nEOF\ntouch /tmp/owned',
    '$((1+1))',
    '\\',
    '\\"',
    '* ? [a] ~',
    '-n -e',
    'é€😀',
    '!!',
    '%s%n',
    '&& || ; | > <',
    '}',
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0')),
  fc
    .array(fc.constantFrom('"', "'", '`', '$', '(', ')', '\\', '\n', '{', '}', ' ', 'a', '!', '#'), { maxLength: 12 })
    .map((parts) => parts.join('')),
)

/** Places where a reference is safe, and what the program prints around the value. */
const safe: readonly [string, string, string][] = [
  [`printf '<%s>' ${reference}`, '<', '>'],
  [`printf '<%s>' "${reference}"`, '<', '>'],
  [`printf '<%s>' "a ${reference} 'b'"`, '<a ', " 'b'>"],
  [`printf '<%s>' a${reference}b`, '<a', 'b>'],
  [`value=${reference}; printf '<%s>' "$value"`, '<', '>'],
  [`# it's a comment "${reference}"\nprintf '<%s>' ${reference}`, '<', '>'],
  [`printf '<%s>' "$(printf '%s|' ${reference})"`, '<', '|>'],
  [`printf '<%s>' "$(printf '%s|' "${reference}")"`, '<', '|>'],
  [`cat <<EOF\n<${reference}>\nEOF`, '<', '>\n'],
  [`cat <<-EOF\n\t"<${reference}>"\n\tEOF\n`, '"<', '>"\n'],
  [`cat <<A; printf '<%s>' ${reference}\nit's\nA\n`, "it's\n<", '>'],
  [`case ${reference} in *) printf '<%s>' ${reference};; esac`, '<', '>'],
  [`if [ ${reference} = ${reference} ]; then printf '<%s>' ${reference}; fi`, '<', '>'],
  [`f() { printf '<%s>' "$1"; }; f ${reference}`, '<', '>'],
  [`printf '<%s>' 'it'"'"'s '${reference}`, "<it's ", '>'],
]

describe('an input in a program', () => {
  it.each(safe)('is data, whatever it holds: %s', (template, before, after) => {
    const { program, findings } = render(template)
    expect(findings).toEqual([])
    fc.assert(
      fc.property(hostile, fc.constantFrom('bash' as const, 'sh' as const), (value, shell) => {
        // Command substitution drops newlines at the end of what it reads, but there is a | behind the value.
        expect(run(shell, program, value)).toBe(before + value + after)
      }),
      { numRuns: 12 },
    )
  })

  it.each([
    [`echo '${reference}'`, 'single quotes'],
    [`echo $'${reference}'`, 'single quotes'],
    [`cat <<'EOF'\n${reference}\nEOF`, 'quoted delimiter'],
    [`cat <<\\EOF\n${reference}\nEOF`, 'quoted delimiter'],
    [`bash <<EOF\necho ${reference}\nEOF`, 'runs as code'],
    [`bash -c "echo ${reference}"`, 'code'],
    [`sudo sh -ec ${reference}`, 'code'],
    [`eval "echo ${reference}"`, 'code'],
    [`ssh host "echo ${reference}"`, 'code'],
    [`trap ${reference} EXIT`, 'code'],
    [`echo "${reference}" | sudo bash`, 'code'],
    [`if true; then sudo -u bob eval ${reference}; fi`, 'code'],
    [`sed "s/a/${reference}/" file`, 'code'],
    [`cat <<EOF | sh\n${reference}\nEOF`, 'runs as code'],
    [`echo "$((${reference} + 1))"`, 'arithmetic'],
    [`((${reference} > 1)) && echo`, 'arithmetic'],
    [`if [[ ${reference} -gt 1 ]]; then :; fi`, 'number'],
    ['echo `echo ' + reference + '`', 'backticks'],
    ['echo "`echo ' + reference + '`"', 'backticks'],
    [`echo "\${y:-${reference}}"`, 'expansion'],
    [`echo \\${reference}`, 'backslash'],
  ])('is refused where it would be lost or run: %s', (template, words) => {
    const { findings } = render(template)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ severity: 'error', code: 'reference-unsafe', at: template.indexOf(reference) })
    expect(findings[0]?.message).toContain(words)
    expect(findings[0]?.cure).not.toBe('')
  })

  it.each([
    `echo "please let ${reference} in"`,
    `echo "use ssh or eval ${reference}"`,
    `grep ${reference} file | sort`,
    `find . -exec grep ${reference} {} +`,
    `echo ${reference} | tee script.sh`,
    `echo ${reference} | sh ./filter.sh`,
  ])('is taken where it only looks like code: %s', (template) => {
    expect(render(template).findings).toEqual([])
  })

  it('may count where it is a number', () => {
    const { program, findings } = render('echo $((${{ inputs.n }} + 1))')
    expect(findings).toEqual([])
    expect(run('bash', program, '')).toBe('8\n')
  })

  it('is the example of the documentation', () => {
    expect(render('id -u "${{ inputs.x }}" || useradd "${{ inputs.x }}"\n').program).toBe(
      'id -u "${INPUT_X}" || useradd "${INPUT_X}"\n',
    )
  })

  it.each(['${{ inputs.other }}', '${{ secrets.x }}', '${{ inputs.x', '${{}}'])(
    'is refused when it names nothing: %s',
    (text) => {
      expect(render(`echo ${text}`).findings).toMatchObject([{ code: 'reference-unknown', at: 5 }])
    },
  )

  it('never crashes the reader, whatever the program is', () => {
    const parts = fc.constantFrom(
      reference,
      '"',
      "'",
      '`',
      '$(',
      '$((',
      '))',
      ')',
      '${',
      '}',
      '\\',
      '\n',
      '<<A',
      '<<-"A"',
      'A',
      '#',
      ' ',
      ';',
      '((',
      'x',
    )
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 25 }),
        fc.constantFrom('bash', 'sh', 'powershell', 'cmd'),
        (words, shell) => {
          const { program, findings } = render(words.join(''), shell)
          const count = words.filter((word) => word === reference).length
          const placed = program.split(/\$\{INPUT_X\}|\$\{env:INPUT_X\}|!INPUT_X!/).length - 1
          expect(placed + findings.filter(({ code }) => code === 'reference-unsafe').length).toBe(count)
        },
      ),
    )
  })
})

describe('PowerShell', () => {
  it.each([
    [`Write-Output ${reference}`, 'Write-Output ${env:INPUT_X}'],
    [`Write-Output "a ${reference}b"`, 'Write-Output "a ${env:INPUT_X}b"'],
    [`$x = @"\n'${reference}'\n"@`, `$x = @"\n'\${env:INPUT_X}'\n"@`],
    [`# it's\nWrite-Output ${reference}`, "# it's\nWrite-Output ${env:INPUT_X}"],
    [`Write-Output "$(Get-Item ${reference})"`, 'Write-Output "$(Get-Item ${env:INPUT_X})"'],
  ])('reads the variable: %s', (template, expected) => {
    expect(render(template, 'powershell')).toEqual({ program: expected, findings: [] })
  })

  it.each([
    `Write-Output '${reference}'`,
    `@'\n${reference}\n'@`,
    `iex "${reference}"`,
    `"${reference}" | iex`,
    `cmd /c ${reference}`,
    `& ${reference}`,
    `"\`${reference}"`,
  ])('refuses %s', (template) => {
    expect(render(template, 'powershell').findings).toMatchObject([{ code: 'reference-unsafe' }])
  })
})

describe('cmd', () => {
  it('reads the variable after the line was parsed, by delayed expansion', () => {
    expect(render(`echo ${reference}`, 'cmd')).toEqual({
      program: '@setlocal EnableExtensions EnableDelayedExpansion\r\necho !INPUT_X!',
      findings: [],
    })
  })

  it('is left alone without inputs', () => {
    expect(render('echo hello!', 'cmd')).toEqual({ program: 'echo hello!', findings: [] })
  })

  it.each([
    `echo hello! ${reference}`,
    `call echo ${reference}`,
    `cmd /c echo ${reference}`,
    `for /f %%a in ('dir ${reference}') do echo %%a`,
    `echo ^${reference}`,
    `setlocal DisableDelayedExpansion\r\necho ${reference}`,
  ])('refuses %s', (template) => {
    expect(render(template, 'cmd').findings).toMatchObject([{ code: 'reference-unsafe' }])
  })
})
