import type { StepOf } from '@slipway/protocol'
import { installationProperty } from '../installation-stamp.ts'
import { propertyText } from '../zfs/property-text.ts'

/**
 * The commands of an illumos installation as pure functions; the sources are the manual pages of illumos-gate
 * (man8/zpool.8, zfs.8, bootadm.8, beadm.8, devfsadm.8, mount_zfs.8, reboot.8; man1/tar.1) and machines.md, "Plan".
 */

/** zpool(8): -B makes the EFI system partition on whole disks; -t the name while another pool has this one's. */
export function createPool(
  params: StepOf<'create-pool'>['params'],
  options: { targetRoot: string; installationId: string; nameOf: (device: Device) => string },
): string[] {
  const argv = ['zpool', 'create', '-f', '-R', options.targetRoot]
  if (params.root) argv.push('-B')
  if (params.temporary_name !== null) argv.push('-t', params.temporary_name)
  for (const [name, value] of Object.entries(params.pool_properties)) argv.push('-o', `${name}=${propertyText(value)}`)
  for (const [name, value] of Object.entries(params.dataset_properties)) {
    argv.push('-O', `${name}=${propertyText(value)}`)
  }
  argv.push('-O', `${installationProperty}=${options.installationId}`, params.pool)
  for (const vdev of params.vdevs) {
    if (vdev.kind !== 'stripe') argv.push(vdev.kind)
    argv.push(...vdev.devices.map(options.nameOf))
  }
  return argv
}

type Device = StepOf<'create-pool'>['params']['vdevs'][number]['devices'][number]

/** zfs(8), create: -V makes a volume. */
export function createDataset(params: StepOf<'create-dataset'>['params'], installationId: string): string[] {
  const argv = ['zfs', 'create']
  if (params.type === 'volume') argv.push('-V', String(params.volume_bytes))
  for (const [name, value] of Object.entries(params.properties)) argv.push('-o', `${name}=${propertyText(value)}`)
  return [...argv, '-o', `${installationProperty}=${installationId}`, params.dataset]
}

/** zpool(8), import: -N mounts nothing, -R below another root; -f after a cut-off live system. */
export function importPool(pool: string, options: { targetRoot: string; force: boolean }): string[] {
  return ['zpool', 'import', '-N', '-R', options.targetRoot, ...(options.force ? ['-f'] : []), pool]
}

/** mount_zfs(8): the way to mount a dataset whose mountpoint is legacy. */
export function mountDataset(dataset: string, at: string): string[] {
  return ['mount', '-F', 'zfs', dataset, at]
}

/**
 * tar(1), function modifiers: e stops at the first error, E reads extended headers, p keeps modes, @ extended
 * attributes, / extended system attributes. machines.md has `z` besides; the stream is decompressed here already,
 * while its digests are checked.
 */
export function extractLayer(): string[] {
  return ['/usr/sbin/tar', 'xeEp@/f', '-']
}

/** devfsadm(8): -r makes /dev and /devices below another root. */
export function makeDeviceLinks(targetRoot: string): string[] {
  return ['devfsadm', '-r', targetRoot]
}

/** bootadm(8): -f whatever the archive's state says, -R another root. */
export function updateBootArchive(targetRoot: string): string[] {
  return ['bootadm', 'update-archive', '-f', '-R', targetRoot]
}

/** bootadm(8): -M also the master boot record, -f whatever is there, -P every disk of that pool. */
export function installBootloader(pool: string, targetRoot: string): string[] {
  return ['bootadm', 'install-bootloader', '-M', '-f', '-P', pool, '-R', targetRoot]
}

/** zpool(8), properties: the dataset that the loader starts. */
export function setBootfs(pool: string, dataset: string): string[] {
  return ['zpool', 'set', `bootfs=${dataset}`, pool]
}

/** beadm(8): -t activates for the next boot only. */
export function activateBootEnvironment(name: string, once: boolean): string[] {
  return ['beadm', 'activate', ...(once ? ['-t'] : []), name]
}

/** reboot(8): -p goes through the firmware; the default fast reboot would start the running kernel's medium again. */
export function reboot(): string[] {
  return ['reboot', '-p']
}

/** dd(8): the first and last 4 MiB hold the labels of GPT, VTOC and ZFS. `p0` is the whole disk on x86 (sd(4D)). */
export function eraseEnds(disk: string, bytes: number): string[][] {
  const mebibyte = 1024 * 1024
  const dd = ['dd', 'if=/dev/zero', `of=/dev/rdsk/${disk}p0`, `bs=${mebibyte}`]
  const last = Math.max(0, Math.floor(bytes / mebibyte) - 4)
  return [
    [...dd, 'count=4'],
    [...dd, 'count=5', `oseek=${last}`], // one more than 4: the disk may end inside a mebibyte
  ]
}

/** dd(8) over the whole disk; ends with an error when the disk is full, which is the aim. */
export function eraseAll(disk: string): string[] {
  return ['dd', 'if=/dev/zero', `of=/dev/rdsk/${disk}p0`, `bs=${8 * 1024 * 1024}`]
}
