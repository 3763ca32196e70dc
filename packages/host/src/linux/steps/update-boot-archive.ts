import { Fault } from '@slipway/base'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepExecutor } from '../../host.ts'
import { kernelVersions } from '../boot/kernels.ts'
import { isRecorded, recordStep } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { runInTarget, withKernelMounts } from '../mounts.ts'
import { targetHas } from './apply-sysconfig.ts'

const deadlineMs = 1_800_000 // 123 s measured under software emulation on a loaded machine

/** `update-boot-archive`: the initial ramdisk of every kernel in the target, made by the target's own tools. */
export function makeUpdateBootArchive(system: LinuxSystem): StepExecutor<'update-boot-archive'> {
  return {
    isDone: (step, context) => isRecorded(system, step, context),
    async apply(step, context) {
      const versions = await kernelVersions(system.targetRoot)
      const makeArgv = await archiveTool(system)
      await withKernelMounts(system, context.signal, async () => {
        for (const version of versions) {
          context.log('info', `making the initial ramdisk for ${version}`)
          await runInTarget(system, makeArgv(version), { signal: context.signal, deadlineMs })
          await assertMade(system, version)
        }
      })
      await recordStep(system, step, context)
    },
    async undo() {
      // The plan says "nothing to undo": it lies in the root file system.
    },
  }
}

/** initramfs-tools: `-c` creates, where `-u` would do nothing without an old one (update-initramfs(8)); else dracut(8). */
async function archiveTool(system: LinuxSystem): Promise<(version: string) => string[]> {
  if (await targetHas(system, '/usr/sbin/update-initramfs')) {
    return (version) => ['/usr/sbin/update-initramfs', '-c', '-k', version]
  }
  if ((await targetHas(system, '/usr/bin/dracut')) || (await targetHas(system, '/usr/sbin/dracut'))) {
    return (version) => ['dracut', '--force', '--no-hostonly', `/boot/initrd.img-${version}`, version]
  }
  throw new Fault(
    'image-invalid',
    'the image has neither update-initramfs nor dracut, so it cannot make an initial ramdisk',
  )
}

async function assertMade(system: LinuxSystem, version: string): Promise<void> {
  const path = `/boot/initrd.img-${version}`
  const found = await stat(join(system.targetRoot, path)).catch(() => null)
  if (!found || found.size === 0) throw new Fault('command-failed', `the initial ramdisk ${path} was not made`)
}
