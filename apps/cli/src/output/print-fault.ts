import { faultTable, toFault } from '@slipway/base'
import { findingSchema, scriptFindingSchema } from '@slipway/protocol'
import { printFindings } from '@slipway/machine-config'
import { z } from 'zod'
import { printScriptFindings } from './print-script-findings.ts'

const withFindings = z.object({ findings: z.array(findingSchema).min(1) })
const withScriptFindings = z.object({ findings: z.array(scriptFindingSchema).min(1) })
const withHolder = z.object({ holder: z.string(), expires_at: z.string().nullable() })

/** Prints what went wrong on stderr and returns the exit code that the fault table gives it. */
export function printFault(error: unknown): number {
  const fault = toFault(error)
  process.stderr.write(`slipway: ${fault.message} [${fault.code}]\n`)
  const findings = withFindings.safeParse(fault.details)
  if (findings.success) process.stderr.write(`${printFindings(findings.data.findings, 'config')}\n`)
  const scriptFindings = withScriptFindings.safeParse(fault.details)
  if (scriptFindings.success && !findings.success)
    process.stderr.write(`${printScriptFindings(scriptFindings.data.findings, 'script')}\n`)
  const holder = withHolder.safeParse(fault.details)
  if (holder.success) {
    const until = holder.data.expires_at ?? 'its installation ends'
    process.stderr.write(`  held by ${holder.data.holder} until ${until}\n`)
  }
  if (typeof fault.details.request_id === 'string') process.stderr.write(`  request ${fault.details.request_id}\n`)
  if (fault.code === 'internal' && process.env.SLIPWAY_LOG === 'debug') process.stderr.write(`${fault.stack ?? ''}\n`)
  return faultTable[fault.code].exit
}
