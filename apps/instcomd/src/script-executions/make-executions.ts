import { Fault, makeId } from '@slipway/base'
import type { ExecutionType, Script } from '@slipway/protocol'
import type { Secrets } from '../pki/secrets.ts'
import { checkInputs } from '../scripts/check-inputs.ts'
import { renderProgram } from '../scripts/program/render-program.ts'
import { invalidScript } from '../scripts/service.ts'
import type { NewExecution } from './execution-row.ts'
import { sealEnvironment } from './pending-script.ts'

export interface ExecutionWish {
  readonly script: Script
  readonly machineIds: readonly string[]
  readonly inputValues: Readonly<Record<string, unknown>>
  /** Beside the inputs' variables; INPUT_… are theirs. */
  readonly env?: Readonly<Record<string, string>>
  readonly executionType: ExecutionType
  readonly order?: number
  readonly runAs: string | null
  readonly timeoutSeconds: number | null
  readonly scheduledFor: Date | null
  readonly createdBy: string
  readonly schedule?: { readonly id: string; readonly round: number }
}

/** Makes the rows of one wish, one per machine. Throws `script-invalid` with every finding about the inputs. */
export function makeExecutions(secrets: Secrets, wish: ExecutionWish): NewExecution[] {
  const { script } = wish
  const inputs = checkInputs(script, wish.inputValues)
  if (inputs.findings.length > 0) throw invalidScript(`the inputs of ${script.name} are not valid`, inputs.findings)
  const { program, findings } = renderProgram(script)
  // A saved script has none; one saved by an older version may.
  if (findings.length > 0)
    throw new Fault('script-invalid', `script ${script.name} is not valid any more; save it again`, {
      details: { findings },
    })
  const environment = { ...wish.env, ...inputs.environment }
  return wish.machineIds.map((machineId) => {
    const id = makeId('exec')
    return {
      id,
      machineId,
      scriptId: script.id,
      scriptName: script.name,
      executionType: wish.executionType,
      scheduledFor: wish.scheduledFor,
      inputValues: inputs.shown,
      executedAs: wish.runAs ?? script.execution.run_as ?? null,
      order: wish.order ?? 0,
      os: script.os,
      shell: script.shell,
      program,
      envSealed: sealEnvironment(secrets, id, environment),
      timeoutSeconds: wish.timeoutSeconds ?? script.execution.timeout,
      maxAttempts: script.execution.retry_on_failure ? 1 + script.execution.max_retries : 1,
      createdBy: wish.createdBy,
      scheduleId: wish.schedule?.id ?? null,
      scheduleRound: wish.schedule?.round ?? null,
      held: false,
      sendBy: null,
    }
  })
}
