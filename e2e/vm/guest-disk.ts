import { cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { emulatedKernelArgument, type VirtualDisk, type VirtualMachineOptions } from '@slipway/testing'
import { run } from '../../images/run.ts'
import { buildSampleImage } from '../../images/sample/build.ts'

const here = import.meta.dirname

/** A guest's disk with its system on it, and how to start it. */
export interface GuestDisk {
  readonly disk: VirtualDisk
  readonly kernel: NonNullable<VirtualMachineOptions['kernel']>
}

/**
 * Makes a disk with the sample system that Slipway did not install, as other tools would leave it: ext4 on the whole disk. The
 * overlay `guest` installs the agent at first boot, told by `settings` (its /etc/guest-setup.env): the trusted medium.
 */
export async function makeGuestDisk(folder: string, settings: Readonly<Record<string, string>>): Promise<GuestDisk> {
  const scratch = await mkdtemp(join(folder, 'guest-'))
  const overlay = join(scratch, 'overlay')
  await cp(join(here, 'guest'), overlay, { recursive: true, verbatimSymlinks: true })
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`)
  await writeFile(join(overlay, 'etc/guest-setup.env'), lines.join(''), { mode: 0o600 })
  const image = await buildSampleImage({
    out: join(scratch, 'image'),
    kernel: 'cloud',
    tag: 'guest',
    overlays: [overlay],
  })
  await run(['umoci', 'unpack', '--image', `${image.layout}:${image.tag}`, join(scratch, 'bundle')])
  const root = join(scratch, 'bundle/rootfs')
  const kernel = (await readdir(join(root, 'boot'))).find((name) => name.startsWith('vmlinuz-'))
  if (!kernel) throw new Error('the sample image has no kernel in /boot')
  await cp(join(root, 'boot', kernel), join(folder, 'guest-vmlinuz'))
  const file = join(folder, 'guest.raw')
  await writeFile(file, '')
  await truncate(file, 3 * 1024 ** 3)
  await run(['mkfs.ext4', '-q', '-F', '-d', root, file])
  await rm(scratch, { recursive: true, force: true })
  const append = `root=/dev/nvme0n1 rw console=ttyS0,115200 panic=10 ${emulatedKernelArgument}`
  return { disk: { file, serial: 'GUEST0001' }, kernel: { file: join(folder, 'guest-vmlinuz'), append } }
}
