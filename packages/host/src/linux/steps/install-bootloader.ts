import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepContext, StepExecutor } from '../../host.ts'
import { consoleArguments } from '../boot/console-arguments.ts'
import { installGrub, isGrubInstalled } from '../boot/grub.ts'
import { installSystemdBoot, isSystemdBootInstalled, removeSystemdBoot } from '../boot/systemd-boot.ts'
import { findDevice } from '../block/find-disk.ts'
import { readSignatures } from '../block/read-disks.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { isRecorded, recordStep } from '../layers/layer-record.ts'

type Params = StepOf<'install-bootloader'>['params']

/** `install-bootloader`: systemd-boot on every ESP, or GRUB on every disk with a BIOS-boot partition. */
export function makeInstallBootloader(system: LinuxSystem): StepExecutor<'install-bootloader'> {
  return {
    async isDone(step, context) {
      if (!(await isRecorded(system, step, context))) return false
      if (step.params.firmware === 'bios') return isGrubInstalled(system, step.params, context)
      return isSystemdBootInstalled(system, step.params, context)
    },
    async apply(step, context) {
      if (step.params.targets.length === 0) {
        throw new Fault('unsupported', 'the plan names no partition that could start this system; make a new plan')
      }
      const consoles = consoleArguments(await readFile(join(system.proc, 'cmdline'), 'utf8'))
      const root = await rootOptions(system, step.params, context)
      const options = [...new Set([...root, ...consoles, ...context.kernelArguments])]
      if (step.params.firmware === 'bios') await installGrub(system, step.params, { context, options })
      else await installSystemdBoot(system, step.params, { context, options })
      await recordStep(system, step, context)
    },
    async undo(step, context) {
      if (step.params.firmware === 'uefi') await removeSystemdBoot(system, step.params, context)
    },
  }
}

/** How the initial ramdisk finds the root: never by a device node (initramfs-tools(7), zfs-initramfs). */
async function rootOptions(system: LinuxSystem, params: Params, context: StepContext): Promise<string[]> {
  if (params.root.kind === 'zfs') return [`root=ZFS=${params.root.dataset}`, 'rw']
  const node = await findDevice(system, params.root.device, context.signal)
  const uuid = (await readSignatures(system, node, context.signal)).find((found) => found.type === 'ext4')?.uuid
  if (!uuid) throw new Fault('disk-changed', `${node} has no ext4 file system any more; resume from its step`)
  return [`root=UUID=${uuid}`, 'ro']
}
