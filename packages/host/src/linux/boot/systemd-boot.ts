import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepContext } from '../../host.ts'
import { findDisk, findPartition } from '../block/find-disk.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { addBootEntry, bootLabel, hasEfiVariables, removeBootEntries } from './efi-variables.ts'
import { copyToEsp, listEntries, loaderPaths, removeBootEnvironment, sameFile, withEsp, writeToEsp } from './esp.ts'
import { installEspHook } from './esp-hook.ts'
import { kernelVersions } from './kernels.ts'
import { assertPlain, bootFolder, entryFileName, entryText, loaderConf } from './loader-entry.ts'

type Params = StepOf<'install-bootloader'>['params']
type Target = Params['targets'][number]

/** systemd-boot comes from the image, else from the live environment (Debian's package systemd-boot-efi). */
const loaderProgram = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi'

/** The kernel reboots after a panic, and Debian's initial ramdisk instead of opening a shell, so that the fallback runs. */
const trialOptions = ['panic=10'] as const

/**
 * Makes every ESP able to start the new boot environment alone.
 * INVARIANT: the entry is written last on each ESP, so an ESP that was cut short never offers half a system.
 * Beside other boot environments the new entry begins without tries: offered to a person, never chosen by itself until
 * `activate-boot-environment` gives it one.
 */
export async function installSystemdBoot(
  system: LinuxSystem,
  params: Params,
  input: { context: StepContext; options: readonly string[] },
): Promise<void> {
  const { context } = input
  for (const option of input.options) assertPlain(option)
  const program = await findProgram(system)
  const files = await bootFiles(system)
  const version = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
  const partUuids: string[] = []
  for (const target of params.targets) {
    const { node, partUuid } = await findEsp(system, target, context.signal)
    if (partUuid) partUuids.push(partUuid)
    context.log('info', `writing the boot loader to ${node}`)
    await withEsp(system, node, context.signal, async (esp) => {
      for (const path of loaderPaths) await copyToEsp(program, join(esp, path))
      await copyToEsp(files.kernel, join(esp, bootFolder(params.boot_environment), 'vmlinuz'))
      await copyToEsp(files.initrd, join(esp, bootFolder(params.boot_environment), 'initrd.img'))
      const others = (await listEntries(esp)).filter((entry) => entry.bootEnvironment !== params.boot_environment)
      const alone = others.length === 0
      await removeEntries(esp, params.boot_environment)
      await writeToEsp(join(esp, 'loader/loader.conf'), loaderConf)
      const options = alone ? input.options : [...input.options, ...trialOptions]
      const name = entryFileName(params.boot_environment, alone ? null : 0)
      const text = entryText({ bootEnvironment: params.boot_environment, version, options })
      await writeToEsp(join(esp, 'loader/entries', name), text)
    })
  }
  await installEspHook(system, { bootEnvironment: params.boot_environment, partUuids, signal: context.signal })
  if (!(await hasEfiVariables(system, context.signal))) {
    context.log(
      'warn',
      'the firmware’s variables cannot be written; it will start the disks by \\EFI\\BOOT\\BOOTX64.EFI',
    )
    return
  }
  for (const target of params.targets) await addTargetEntry(system, target, context.signal)
}

async function removeEntries(esp: string, bootEnvironment: string): Promise<void> {
  for (const entry of await listEntries(esp)) {
    if (entry.bootEnvironment === bootEnvironment) await rm(join(esp, 'loader/entries', entry.file), { force: true })
  }
}

async function addTargetEntry(system: LinuxSystem, target: Target, signal: AbortSignal): Promise<void> {
  const disk = await findDisk(system, target.disk, signal)
  await addBootEntry(
    system,
    { disk: disk.node, partition: target.partition ?? 1, label: bootLabel(target.disk) },
    signal,
  )
}

/** Reads every ESP: are the files there and the same as in the target? */
export async function isSystemdBootInstalled(
  system: LinuxSystem,
  params: Params,
  context: StepContext,
): Promise<boolean> {
  const files = await bootFiles(system)
  for (const target of params.targets) {
    const { node } = await findEsp(system, target, context.signal)
    const whole = await withEsp(system, node, context.signal, async (esp) => {
      const folder = join(esp, bootFolder(params.boot_environment))
      const entries = await listEntries(esp)
      if (!entries.some((entry) => entry.bootEnvironment === params.boot_environment)) return false
      return (
        (await sameFile(files.kernel, join(folder, 'vmlinuz'))) &&
        (await sameFile(files.initrd, join(folder, 'initrd.img')))
      )
    })
    if (!whole) return false
  }
  return true
}

/** Takes this boot environment off every ESP; on a disk of its own also the firmware's entry. */
export async function removeSystemdBoot(system: LinuxSystem, params: Params, context: StepContext): Promise<void> {
  const variables = await hasEfiVariables(system, context.signal)
  for (const target of params.targets) {
    const { node } = await findEsp(system, target, context.signal)
    const left = await withEsp(system, node, context.signal, async (esp) => {
      await removeBootEnvironment(esp, params.boot_environment)
      return listEntries(esp)
    })
    if (left.length === 0 && variables) await removeBootEntries(system, bootLabel(target.disk), context.signal)
  }
}

/** The ESP's node and UUID now. */
export async function findEsp(
  system: LinuxSystem,
  target: Target,
  signal: AbortSignal,
): Promise<{ node: string; partUuid: string | null }> {
  const disk = await findDisk(system, target.disk, signal)
  const partition = findPartition(disk, target)
  return { node: partition.node, partUuid: partition.partUuid }
}

async function findProgram(system: LinuxSystem): Promise<string> {
  for (const path of [join(system.targetRoot, loaderProgram), loaderProgram]) {
    if (await stat(path).catch(() => null)) return path
  }
  throw new Fault(
    'image-invalid',
    `neither the image nor the live environment has ${loaderProgram}; add systemd-boot-efi`,
  )
}

/** The newest kernel of the target with its ramdisk. */
async function bootFiles(system: LinuxSystem): Promise<{ kernel: string; initrd: string }> {
  const [version = ''] = await kernelVersions(system.targetRoot)
  return {
    kernel: join(system.targetRoot, `boot/vmlinuz-${version}`),
    initrd: join(system.targetRoot, `boot/initrd.img-${version}`),
  }
}
