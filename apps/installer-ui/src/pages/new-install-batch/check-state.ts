import type { BatchMachineCheck } from '@slipway/protocol'
import { lossesOf, type Loss } from '../wizard/review/losses-of.ts'

export interface MachineLoss {
  readonly machineId: string
  readonly losses: readonly Loss[]
}

/** Machines that lose data, and what; those whose disks are blank are not named. */
export function machineLosses(results: readonly BatchMachineCheck[]): MachineLoss[] {
  return results.flatMap((result) => {
    const losses = lossesOf({ steps: [result] })
    return losses.length === 0 ? [] : [{ machineId: result.machine_id, losses }]
  })
}

/** All that stands against one machine, each with what to do about it. */
export function problemsOf({ findings, error }: BatchMachineCheck): string[] {
  const errors = findings.filter(({ severity }) => severity === 'error')
  return [...errors.map(({ message, cure }) => `${message} ${cure}`), ...(error ? [error.message] : [])]
}

/** The answer of a refused start, as the check gives it. */
export function refusalsOf(details: Readonly<Record<string, unknown>>): Map<string, string> {
  const machines = Array.isArray(details.machines) ? details.machines : []
  return new Map(
    machines.flatMap((each: unknown) => {
      const { machine_id, message } = Object(each) as Record<string, unknown> // whatever came: only strings are taken
      return typeof machine_id === 'string' && typeof message === 'string' ? [[machine_id, message] as const] : []
    }),
  )
}
