import type { ScriptFile, ScriptInput } from '@slipway/protocol'
import { checkPattern } from './check-pattern.ts'
import { environmentName } from './input-environment.ts'
import { checkValue, optionValues } from './input-values.ts'
import { renderProgram } from './program/render-program.ts'
import { scriptError, scriptWarning, type RawFinding } from './script-finding.ts'

/** Which rules of `validation` a type can have. */
const rulesOf: Record<ScriptInput['type'], readonly string[]> = {
  text: ['pattern', 'minLength', 'maxLength'],
  textarea: ['pattern', 'minLength', 'maxLength'],
  path: ['pattern', 'minLength', 'maxLength'],
  password: ['pattern', 'minLength', 'maxLength'],
  email: ['pattern', 'minLength', 'maxLength'],
  url: ['pattern', 'minLength', 'maxLength'],
  number: ['min', 'max'],
  boolean: [],
  select: [],
  multiselect: ['minLength', 'maxLength'],
}

/** The rules of scripts.md that a schema cannot say; every problem at once. */
export function checkScript(script: ScriptFile): RawFinding[] {
  return [
    ...checkShell(script),
    ...checkNames(script.inputs),
    ...script.inputs.flatMap((input, index) => checkInput(input, ['inputs', index])),
    ...checkExecution(script.execution),
    ...renderProgram(script).findings,
    ...(script.script.includes('\0')
      ? [scriptError(['script'], 'nul', 'the program contains a NUL character', 'remove it')]
      : []),
  ]
}

function checkShell({ os, shell }: ScriptFile): RawFinding[] {
  const findings: RawFinding[] = []
  if (new Set(os).size !== os.length)
    findings.push(scriptWarning(['os'], 'os-twice', 'os names a system twice', 'name it once'))
  if (shell === 'cmd' && os.includes('linux'))
    findings.push(
      scriptError(['shell'], 'shell-missing', 'there is no cmd on Linux', 'take linux out of os, or use sh'),
    )
  if (shell === 'powershell' && os.includes('linux'))
    findings.push(
      scriptWarning(
        ['shell'],
        'shell-unusual',
        'most Linux machines have no PowerShell',
        'make sure that pwsh is installed there',
      ),
    )
  const isPosix = shell === 'bash' || shell === 'sh'
  if (isPosix && os.includes('windows'))
    findings.push(
      scriptWarning(
        ['shell'],
        'shell-unusual',
        `most Windows machines have no ${shell}`,
        `make sure that ${shell} is installed there`,
      ),
    )
  return findings
}

function checkNames(inputs: readonly ScriptInput[]): RawFinding[] {
  return inputs.flatMap(({ name }, index) => {
    const first = inputs.findIndex((other) => environmentName(other.name) === environmentName(name))
    if (first === index) return []
    const other = inputs[first]?.name ?? ''
    const message = `inputs ${other} and ${name} would share the variable ${environmentName(name)}`
    return [scriptError(['inputs', index, 'name'], 'input-twice', message, 'rename one of them')]
  })
}

function checkInput(input: ScriptInput, path: readonly (string | number)[]): RawFinding[] {
  return [...checkOptions(input, path), ...checkRules(input, path), ...checkDefault(input, path)]
}

function checkOptions(input: ScriptInput, path: readonly (string | number)[]): RawFinding[] {
  const { type, options } = input
  const isChoice = type === 'select' || type === 'multiselect'
  if (!isChoice)
    return options
      ? [scriptError([...path, 'options'], 'options-unused', `a ${type} has no options`, 'make it a select')]
      : []
  const values = optionValues(input)
  if (values.length === 0)
    return [
      scriptError(path, 'options-missing', `input ${input.name} is a ${type} without options`, 'list its options'),
    ]
  const at = [...path, 'options']
  const findings: RawFinding[] = []
  if (new Set(values).size !== values.length)
    findings.push(scriptError(at, 'options-twice', 'an option stands there twice', 'keep one of them'))
  if (values.some((value) => value === '' || /[\0\r\n]/.test(value)))
    findings.push(
      scriptError(at, 'option-invalid', 'an option is empty or has a line break', 'give it a value of one line'),
    )
  if (type === 'multiselect' && values.some((value) => value.includes(',')))
    findings.push(
      scriptError(
        at,
        'option-comma',
        'an option contains a comma, which separates chosen options',
        'use another character',
      ),
    )
  return findings
}

function checkRules({ type, validation }: ScriptInput, path: readonly (string | number)[]): RawFinding[] {
  if (!validation) return []
  const at = [...path, 'validation']
  const findings = Object.keys(validation)
    .filter((rule) => !rulesOf[type].includes(rule))
    .map((rule) => scriptError([...at, rule], 'rule-unused', `${rule} means nothing for a ${type}`, 'remove it'))
  const { pattern, minLength, maxLength, min, max } = validation
  if ((minLength ?? 0) > (maxLength ?? Infinity) || (min ?? -Infinity) > (max ?? Infinity))
    findings.push(scriptError(at, 'rule-empty', 'the least value is above the greatest', 'exchange them'))
  if ((minLength ?? 0) < 0 || (maxLength ?? 0) < 0)
    findings.push(scriptError(at, 'rule-empty', 'a length is negative', 'give 0 or more'))
  const problem = pattern === undefined ? null : checkPattern(pattern)
  if (problem) findings.push(scriptError([...at, 'pattern'], problem.code, problem.message, problem.cure))
  return findings
}

function checkDefault(input: ScriptInput, path: readonly (string | number)[]): RawFinding[] {
  if (input.default === undefined) return []
  const at = [...path, 'default']
  if (input.type === 'password')
    return [scriptError(at, 'default-secret', 'a password has no default: the library is not secret', 'remove it')]
  const { pattern, ...rest } = input.validation ?? {}
  // A pattern that cannot be used has its own finding.
  const usable = pattern !== undefined && checkPattern(pattern) === null ? { ...rest, pattern } : rest
  const checked = checkValue({ ...input, validation: usable }, input.default)
  if (!('problem' in checked)) return []
  return [scriptError(at, 'default-invalid', `the default ${checked.problem}`, checked.cure)]
}

function checkExecution({ retry_on_failure, max_retries }: ScriptFile['execution']): RawFinding[] {
  if (retry_on_failure === max_retries > 0) return []
  return [
    scriptWarning(
      ['execution'],
      'retries-incomplete',
      'retry_on_failure and max_retries only work together; nothing will be tried again',
      'give both, or neither',
    ),
  ]
}
