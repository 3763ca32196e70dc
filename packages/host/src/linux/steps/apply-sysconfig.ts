import type { StepOf } from '@slipway/protocol'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepContext, StepExecutor } from '../../host.ts'
import { applySysconfig } from '../../sysconfig/apply-sysconfig.ts'
import { pathInRoot } from '../../sysconfig/path-in-root.ts'
import { planSysconfig } from '../../sysconfig/plan-sysconfig.ts'
import { readFacts } from '../../sysconfig/read-facts.ts'
import type { SysconfigChange } from '../../sysconfig/sysconfig-plan.ts'
import { planSlipwayFiles } from '../../sysconfig/slipway-files.ts'
import { findDevice } from '../block/find-disk.ts'
import { readSignatures } from '../block/read-disks.ts'
import { fstabText, type FstabEntry } from '../fstab.ts'
import { readInterfaceFacts } from '../inventory/read-interfaces.ts'
import { isRecorded, recordStep } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { mountsBelow } from '../mounts.ts'

type Params = StepOf<'apply-sysconfig'>['params']

/** `apply-sysconfig`: names, network and users into the target, with fstab, hostid, the config itself and first boot. */
export function makeApplySysconfig(system: LinuxSystem): StepExecutor<'apply-sysconfig'> {
  return {
    isDone: (step, context) => isRecorded(system, step, context),
    async apply(step, context) {
      await writeSystemFiles(system, step.params, context)
      const interfaces = await readInterfaceFacts(system, context.signal)
      const facts = await readFacts(system.targetRoot, step.params.sysconfig, interfaces)
      const plan = planSysconfig(step.params.sysconfig, facts, 'linux')
      const report = await applySysconfig(plan, {
        root: system.targetRoot,
        dryRun: false,
        run: system.run,
        signal: context.signal,
      })
      for (const warning of report.warnings) context.log('warn', warning)
      await recordStep(system, step, context)
    },
    async undo() {
      // The plan says "nothing to undo": the root file system goes with the steps that made it.
    },
  }
}

async function writeSystemFiles(system: LinuxSystem, params: Params, context: StepContext): Promise<void> {
  const changes: SysconfigChange[] = [
    ...(await planSlipwayFiles(system.targetRoot, { kdl: context.kdl, firstBoot: context.firstBoot })),
    { kind: 'file', path: '/etc/fstab', content: fstabText(await fstabEntries(system, params, context)), mode: 0o644 },
  ]
  await applySysconfig(
    { changes, commands: [], warnings: [] },
    { root: system.targetRoot, dryRun: false, run: system.run, signal: context.signal },
  )
  await copyHostid(system, context)
}

/** What is mounted in the target now, by UUID; a ZFS root is mounted by the initramfs and needs no line. */
async function fstabEntries(system: LinuxSystem, params: Params, context: StepContext): Promise<FstabEntry[]> {
  const entries: FstabEntry[] = []
  for (const mount of await mountsBelow(system, system.targetRoot)) {
    if (mount.type !== 'ext4' && mount.type !== 'vfat') continue
    const uuid = (await readSignatures(system, mount.source, context.signal)).find((found) => found.uuid)?.uuid
    const at = mount.at === system.targetRoot ? '/' : mount.at.slice(system.targetRoot.length)
    if (uuid) entries.push({ uuid, at, type: mount.type })
  }
  for (const device of params.swap) {
    const node = await findDevice(system, device, context.signal)
    const uuid = (await readSignatures(system, node, context.signal)).find((found) => found.type === 'swap')?.uuid
    if (uuid) entries.push({ uuid, at: 'none', type: 'swap' })
  }
  return entries
}

/** The hostid under which the pool was made, before the initramfs copies it (vm-lab.md, 4: "hostid mismatch"). */
async function copyHostid(system: LinuxSystem, context: StepContext): Promise<void> {
  if (context.plan.root !== 'zfs') return
  const bytes = await readFile('/etc/hostid').catch(() => null)
  if (!bytes) return
  const path = await pathInRoot(system.targetRoot, '/etc/hostid')
  await system.run(['cp', '/etc/hostid', path], { signal: context.signal })
}

/** True when the target has a program at this path. */
export async function targetHas(system: LinuxSystem, path: string): Promise<boolean> {
  return stat(join(system.targetRoot, path)).then(
    () => true,
    () => false,
  )
}
