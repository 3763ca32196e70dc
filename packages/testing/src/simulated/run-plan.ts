import { createHash } from 'node:crypto'
import type { Executors, HostStepKind, SimulatedHost, StepContext } from '@slipway/host'
import type { Plan, Step, StepOf } from '@slipway/protocol'
import { packSampleTar } from './sample-tar.ts'

/** A context for running a plan without machined. */
export function stepContext(plan: Plan, changes: Partial<StepContext> = {}): StepContext {
  return {
    installationId: 'inst_0123456789abcdef',
    plan,
    kdl: '',
    firstBoot: null,
    kernelArguments: [],
    signal: new AbortController().signal,
    log() {},
    ...changes,
  }
}

/**
 * Executes a plan as machined does, without its journal: what the machine says is done is skipped, layers are unpacked
 * from the sample tars, and the first error ends it. Returns the ids of the steps that acted.
 */
export async function runPlan(
  host: SimulatedHost,
  context: StepContext,
  tars: Buffer[] = sampleTars(context.plan),
): Promise<string[]> {
  const acted: string[] = []
  for (const step of context.plan.steps) {
    const did =
      step.kind === 'pull-layer'
        ? await pullLayer(host, step, context, tars)
        : await runStep(host.executors, step, context)
    if (did) acted.push(step.id)
  }
  return acted
}

/** Takes back every step of the plan that can be, last first. */
export async function undoPlan(host: SimulatedHost, context: StepContext): Promise<void> {
  for (const step of context.plan.steps.toReversed()) {
    if (step.undo.kind !== 'inverse') continue
    if (step.kind === 'pull-layer') await host.layers.rollback(step, context)
    else await executorOf(host.executors, step).undo(step, context)
  }
}

async function runStep(executors: Executors, step: Step, context: StepContext): Promise<boolean> {
  const executor = executorOf(executors, step)
  if (await executor.isDone(step, context)) return false
  await executor.apply(step, context)
  return true
}

async function pullLayer(
  host: SimulatedHost,
  step: StepOf<'pull-layer'>,
  context: StepContext,
  tars: Buffer[],
): Promise<boolean> {
  if (await host.layers.isApplied(step, context)) return false
  await host.layers.begin(step, context)
  await host.layers.target(context).extract(chunks(tars[step.params.index] ?? Buffer.alloc(1024)), context.signal)
  await host.layers.commit(step, context)
  return true
}

async function* chunks(tar: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < tar.length; at += 700) yield tar.subarray(at, at + 700)
}

/** An executor as a loop over all kinds sees it. */
interface AnyExecutor {
  isDone(step: Step, context: StepContext): Promise<boolean>
  apply(step: Step, context: StepContext): Promise<void>
  undo(step: Step, context: StepContext): Promise<void>
}

function executorOf(executors: Executors, step: Step): AnyExecutor {
  // `pull-layer` alone has no executor, and no caller comes here with it.
  return executors[step.kind as HostStepKind]
}

/** One tar for each layer of a plan: the first brings a kernel, each a file of its own and a new /etc/version. */
export function sampleTars(plan: Plan): Buffer[] {
  const layers = plan.steps.filter((step) => step.kind === 'pull-layer')
  const kernel = plan.platform === 'illumos' ? 'platform/i86pc/kernel/amd64/unix' : 'boot/vmlinuz-6.1'
  return layers.map((_, index) =>
    packSampleTar({
      ...(index === 0 ? { [kernel]: 'kernel', 'sbin/init': 'init' } : {}),
      'etc/version': `layer ${index}`,
      [`opt/layer-${index}`]: createHash('sha256').update(String(index)).digest('hex').repeat(20),
    }),
  )
}
