import type { StepOf } from '@slipway/protocol'
import { Fault } from '@slipway/base'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepContext } from '../../host.ts'
import { findDisk } from '../block/find-disk.ts'
import { readSignatures } from '../block/read-disks.ts'
import { writeDurably } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { mountsBelow, runInTarget, withKernelMounts } from '../mounts.ts'
import { targetHas } from '../steps/apply-sysconfig.ts'
import { kernelVersions } from './kernels.ts'
import { assertPlain } from './loader-entry.ts'

type Params = StepOf<'install-bootloader'>['params']
const deadlineMs = 600_000

/**
 * BIOS: GRUB's boot code on every disk, and a menu written here. `update-grub` is not used: without udev in the live
 * environment it writes `root=/dev/vda3` (vm-lab.md, 5), and it takes half a minute.
 */
export async function installGrub(
  system: LinuxSystem,
  params: Params,
  input: { context: StepContext; options: readonly string[] },
): Promise<void> {
  const { context } = input
  for (const option of input.options) assertPlain(option)
  if (!(await targetHas(system, '/usr/sbin/grub-install'))) {
    throw new Fault(
      'image-invalid',
      'the image has no grub-install; a machine with BIOS firmware needs grub-pc-bin and grub2-common in it',
    )
  }
  await writeDurably(join(system.targetRoot, 'boot/grub/grub.cfg'), await menuText(system, params, input))
  await withKernelMounts(system, context.signal, async () => {
    for (const target of params.targets) {
      const disk = await findDisk(system, target.disk, context.signal)
      const argv = ['grub-install', '--target=i386-pc', '--boot-directory=/boot', disk.node]
      await runInTarget(system, argv, { signal: context.signal, deadlineMs })
    }
  })
}

/** grub-install leaves its name in the boot sector of each disk. */
export async function isGrubInstalled(system: LinuxSystem, params: Params, context: StepContext): Promise<boolean> {
  for (const target of params.targets) {
    const disk = await findDisk(system, target.disk, context.signal)
    const file = await open(disk.node, 'r')
    try {
      const { buffer } = await file.read(Buffer.alloc(512), 0, 512, 0)
      if (!buffer.includes('GRUB')) return false
    } finally {
      await file.close()
    }
  }
  const menu = await readFile(join(system.targetRoot, 'boot/grub/grub.cfg'), 'utf8').catch(() => '')
  return menu.includes(`slipway-${params.boot_environment}'`)
}

async function menuText(
  system: LinuxSystem,
  params: Params,
  input: { context: StepContext; options: readonly string[] },
): Promise<string> {
  const mounts = await mountsBelow(system, system.targetRoot)
  const separate = mounts.find((mount) => mount.at === join(system.targetRoot, 'boot'))
  const root = separate ?? mounts.find((mount) => mount.at === system.targetRoot)
  const found = root ? await readSignatures(system, root.source, input.context.signal) : []
  const uuid = found.find((signature) => signature.type === 'ext4')?.uuid
  if (!uuid) throw new Fault('unsupported', 'GRUB needs /boot on ext4: an ext4 root, or a separate /boot beside ZFS')
  return grubMenu({
    bootEnvironment: params.boot_environment,
    uuid,
    folder: separate ? '' : '/boot',
    versions: await kernelVersions(system.targetRoot),
    options: input.options,
  })
}

/** Prints grub.cfg: the file system with the kernels is found by UUID; one entry per kernel, newest first. */
export function grubMenu(menu: {
  bootEnvironment: string
  uuid: string
  folder: string
  versions: readonly string[]
  options: readonly string[]
}): string {
  assertPlain(menu.bootEnvironment)
  // Inside single quotes GRUB takes everything as it is, but a quote itself cannot be written.
  const options = menu.options.map((option) => `'${option.replaceAll("'", '')}'`).join(' ')
  const entries = menu.versions.map((version) =>
    [
      `menuentry 'Slipway ${menu.bootEnvironment}, Linux ${version}' --id 'slipway-${menu.bootEnvironment}' {`,
      `  linux ${menu.folder}/vmlinuz-${version} ${options}`,
      `  initrd ${menu.folder}/initrd.img-${version}`,
      '}',
    ].join('\n'),
  )
  const head = ['set timeout=3', 'set default=0', 'insmod part_gpt', 'insmod ext2']
  return [...head, `search --no-floppy --fs-uuid --set=root ${menu.uuid}`, ...entries, ''].join('\n')
}
