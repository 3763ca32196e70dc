import type { StepOf } from '@slipway/protocol'
import type { StepContext } from '../host.ts'
import { applySysconfig } from '../sysconfig/apply-sysconfig.ts'
import { planIllumosSlipwayFiles } from '../sysconfig/illumos-slipway-files.ts'
import { planSysconfig } from '../sysconfig/plan-sysconfig.ts'
import { readFacts } from '../sysconfig/read-facts.ts'
import type { SysconfigPlan } from '../sysconfig/sysconfig-plan.ts'
import type { IllumosSystem } from './illumos-system.ts'
import { readIllumosInterfaceFacts } from './read-interfaces.ts'

/** Writes everything that can be written into a target that does not run; links and addresses follow at first boot. */
export async function configureTarget(
  system: IllumosSystem,
  step: StepOf<'apply-sysconfig'>,
  context: StepContext,
): Promise<void> {
  const options = { root: system.targetRoot, dryRun: false, run: system.run, signal: context.signal }
  const report = await applySysconfig(await planTarget(system, step, context), options)
  for (const warning of report.warnings) context.log('warn', warning)
}

/** Done when applying would change nothing. */
export async function isTargetConfigured(
  system: IllumosSystem,
  step: StepOf<'apply-sysconfig'>,
  context: StepContext,
): Promise<boolean> {
  const options = { root: system.targetRoot, dryRun: true, run: system.run, signal: context.signal }
  const report = await applySysconfig(await planTarget(system, step, context), options)
  return report.changes.every((change) => change.action === 'unchanged')
}

async function planTarget(
  system: IllumosSystem,
  step: StepOf<'apply-sysconfig'>,
  context: StepContext,
): Promise<SysconfigPlan> {
  const interfaces = await readIllumosInterfaceFacts(system.run, context.signal)
  const facts = await readFacts(system.targetRoot, step.params.sysconfig, interfaces)
  const own = await planIllumosSlipwayFiles(system.targetRoot, { kdl: context.kdl, firstBoot: context.firstBoot })
  const plan = planSysconfig(step.params.sysconfig, facts, 'illumos')
  return { ...plan, changes: [...own, ...volumeFiles(context), ...plan.changes] }
}

/** vfstab(5) and dumpadm(8) for the swap and dump volumes that the plan makes, under the pool's lasting name. */
function volumeFiles(context: StepContext): SysconfigPlan['changes'] {
  const made = new Set(
    context.plan.steps.flatMap((step) =>
      step.kind === 'create-dataset' && step.params.type === 'volume' ? [step.params.dataset.split('/')[1] ?? ''] : [],
    ),
  )
  const pool = context.plan.steps.find((step) => step.kind === 'create-pool' && step.params.root)
  if (pool?.kind !== 'create-pool') return []
  const lines = [
    '#device device mount FS fsck mount mount',
    '#to mount to fsck point type pass at boot options',
    'fd - /dev/fd fd - no -',
    '/proc - /proc proc - no -',
    'ctfs - /system/contract ctfs - no -',
    'objfs - /system/object objfs - no -',
    'sharefs - /etc/dfs/sharetab sharefs - no -',
    'swap - /tmp tmpfs - yes -',
  ]
  if (made.has('swap')) lines.push(`/dev/zvol/dsk/${pool.params.pool}/swap - - swap - no -`)
  const dump = `DUMPADM_DEVICE=/dev/zvol/dsk/${pool.params.pool}/dump\nDUMPADM_ENABLE=yes\n`
  return [
    { kind: 'file', path: '/etc/vfstab', content: `${lines.join('\n')}\n`, mode: 0o644 },
    ...(made.has('dump') ? [{ kind: 'file', path: '/etc/dumpadm.conf', content: dump, mode: 0o644 } as const] : []),
  ]
}
