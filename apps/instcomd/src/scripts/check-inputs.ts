import type { ScriptFile, ScriptFinding } from '@slipway/protocol'
import { checkValue, type InputValue } from './input-values.ts'
import { environmentName, environmentText } from './input-environment.ts'

/** What stands for a password wherever somebody could read it. */
export const maskedValue = '********'

export interface CheckedInputs {
  readonly findings: readonly ScriptFinding[]
  /** Values with defaults filled in. */
  readonly values: Readonly<Record<string, InputValue>>
  /** The same for people: passwords masked. */
  readonly shown: Readonly<Record<string, InputValue>>
  /** INPUT_… for the process; every input of the script has one, so that `set -u` holds. */
  readonly environment: Readonly<Record<string, string>>
}

/** Checks the values of one execution against the script's inputs; every problem at once, and no value in a message. */
export function checkInputs(
  script: Pick<ScriptFile, 'inputs'>,
  given: Readonly<Record<string, unknown>>,
): CheckedInputs {
  const findings: ScriptFinding[] = []
  const values = new Map<string, InputValue>()
  const known = new Set(script.inputs.map(({ name }) => name))
  for (const name of Object.keys(given))
    if (!known.has(name))
      findings.push(
        finding(
          name,
          'input-unknown',
          `there is no input ${name}`,
          `the inputs are ${[...known].join(', ') || 'none'}`,
        ),
      )
  for (const input of script.inputs) {
    const value = Object.hasOwn(given, input.name) ? given[input.name] : undefined
    const isEmpty = value === undefined || value === null || value === ''
    const taken = isEmpty ? input.default : value
    if (taken === undefined) {
      if (input.required)
        findings.push(finding(input.name, 'input-missing', `input ${input.name} is required`, 'give a value for it'))
      continue
    }
    const checked = checkValue(input, taken)
    if ('problem' in checked)
      findings.push(finding(input.name, 'input-invalid', `input ${input.name} ${checked.problem}`, checked.cure))
    else values.set(input.name, checked.value)
  }
  const secret = new Set(script.inputs.filter(({ type }) => type === 'password').map(({ name }) => name))
  return {
    findings,
    values: Object.fromEntries(values),
    shown: Object.fromEntries([...values].map(([name, value]) => [name, secret.has(name) ? maskedValue : value])),
    environment: Object.fromEntries(
      script.inputs.map(({ name }) => [environmentName(name), environmentText(values.get(name))]),
    ),
  }
}

function finding(name: string, code: string, message: string, cure: string): ScriptFinding {
  return { severity: 'error', code, message, cure, path: `input_values.${name}`, line: null, column: null }
}
