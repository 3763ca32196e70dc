import type { Logger } from '@slipway/base'
import type { Host } from '@slipway/host'
import type { InstallContext, Plan, RegistryAccess, Step } from '@slipway/protocol'
import type { Journal } from './journal.ts'
import type { PlanRun } from './plan-run.ts'
import { makePullLayer, type LayerSource } from './pull-layer.ts'
import { stepRecords } from './step-records.ts'

/** What every run on this machine shares. */
export interface RunParts {
  readonly host: Host
  readonly logger: Logger
  readonly makeLayerSource: (registries: Readonly<Record<string, RegistryAccess>>, logger: Logger) => LayerSource
  readonly deadlineMs: (step: Step) => number
}

/** Makes a run; without a context (a cancelled installation that nobody resumed) it serves for leaving the target alone. */
export function makePlanRun(
  parts: RunParts,
  input: { plan: Plan; context: InstallContext | null; journal: Journal; signal: AbortSignal },
): PlanRun {
  const { plan, context, journal, signal } = input
  const { host, deadlineMs } = parts
  const source = parts.makeLayerSource(context?.registries ?? {}, parts.logger)
  return {
    installationId: journal.header.installation_id,
    plan,
    journal,
    records: stepRecords(context?.journal ?? [], journal.events),
    takenBack: new Set(),
    resumed: (context?.journal.length ?? 0) > 0 || journal.events.length > 0,
    kdl: context?.kdl ?? '',
    firstBoot: context?.first_boot ?? null,
    kernelArguments: context?.kernel_arguments ?? [],
    logLevel: context?.log_level ?? 'info',
    layers: host.layers,
    signal,
    deadlineMs,
    executors: (onProgress) => ({ ...host.executors, 'pull-layer': makePullLayer(host.layers, source, onProgress) }),
  }
}
