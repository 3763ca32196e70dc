import { canonicalJson, Fault, sha256Hex } from '@slipway/base'
import { installContextSchema, planSchema, type InstallContext, type Plan } from '@slipway/protocol'
import { z } from 'zod'

/** A plan with its digest and everything around it, as StartInstall and RollbackInstall carry them. */
export interface InstallRequest {
  readonly installationId: string
  readonly planJson: string
  readonly planSha256: string
  readonly contextJson: string
}

/** What a plan must be for. */
export interface PlanOwner {
  readonly machineId: string
  readonly platform: Plan['platform']
}

/** Parses a plan and refuses it unless its digest is the one given and it is for this machine: `plan-changed`, `conflict`. */
export async function readPlan(planJson: string, planSha256: string, owner: PlanOwner): Promise<Plan> {
  const plan = parseJson(planSchema, planJson, 'plan')
  const digest = await sha256Hex(canonicalJson(plan))
  if (digest !== planSha256) {
    throw new Fault('plan-changed', `the plan has the digest ${digest}, not ${planSha256}; make a new plan`)
  }
  if (plan.machine_id !== owner.machineId || plan.platform !== owner.platform) {
    const message = `the plan is for ${plan.machine_id} (${plan.platform}), this is ${owner.machineId} (${owner.platform})`
    throw new Fault('conflict', message)
  }
  return plan
}

/** Parses what accompanies a plan; the id must do for the name of a file. */
export function readContext(request: InstallRequest): InstallContext {
  if (!/^[\w-]{1,64}$/.test(request.installationId)) {
    throw new Fault('invalid-request', `"${request.installationId}" cannot be the id of an installation`)
  }
  return parseJson(installContextSchema, request.contextJson, 'context')
}

/** Parses a JSON document of the control channel; throws `invalid-request`. */
export function parseJson<T>(schema: z.core.$ZodType<T>, text: string, what: string): T {
  try {
    return z.parse(schema, JSON.parse(text))
  } catch (cause) {
    throw new Fault('invalid-request', `the ${what} does not have the documented shape`, { cause })
  }
}
