import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../run.ts'

/** What the ISO boots. Paths of files; `command` is the kernel's arguments. */
export interface IsoInput {
  readonly kernel: string
  readonly initramfs: string
  /** systemd-boot, for UEFI. */
  readonly loader: string
  /** GRUB for BIOS: as a CD starts it, and for the first sectors of a USB stick. */
  readonly bios: { readonly cd: string; readonly usb: string }
  readonly command: string
  readonly scratch: string
  readonly out: string
}

const mebibyte = 1024 * 1024
// Fixed, so that the same inputs give the same bytes (SOURCE_DATE_EPOCH convention).
const epoch = { SOURCE_DATE_EPOCH: '0' }

/**
 * Writes an ISO that machines boot from CD and, copied with dd, from USB. For UEFI: one FAT file system that is both the
 * El Torito EFI image and a GPT partition, with systemd-boot, kernel and initramfs in it (UEFI 2.10, 13.3.2.1). For BIOS:
 * GRUB, which reads kernel and initramfs out of that same file system.
 */
export async function writeIso(input: IsoInput): Promise<void> {
  const tree = join(input.scratch, 'iso')
  await mkdir(tree, { recursive: true })
  await writeEsp(input, join(tree, 'esp.img'))
  await copyFile(input.bios.cd, join(tree, 'bios.img'))
  await writeFile(join(tree, 'grub.cfg'), grubConfig(input.command))
  await run(
    [
      'xorriso',
      '-as',
      'mkisofs',
      '-quiet',
      '-V',
      'SLIPWAY',
      '-o',
      input.out,
      ...biosBoot(input.bios.usb),
      // The image is a file of the ISO 9660 tree, not appended behind it: OVMF bounds it by the volume's size.
      '-e',
      'esp.img',
      '-no-emul-boot',
      // Load size 1: the image is larger than the field can say; firmware then takes everything to the volume's end.
      '-boot-load-size',
      '1',
      '-efi-boot-part',
      '--efi-boot-image',
      tree,
    ],
    epoch,
  )
}

/** xorriso's arguments: El Torito for CD, GRUB's own first sectors for USB; both find the rest of GRUB by the ISO's sectors. */
function biosBoot(usb: string): string[] {
  const cd = ['-b', 'bios.img', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table', '--grub2-boot-info']
  return [...cd, '--grub2-mbr', usb, '-eltorito-alt-boot']
}

/** GRUB takes `;`, `{` and `$` for its own outside of quotes. */
function grubConfig(command: string): string {
  const words = command.split(' ').map((word) => `'${word.replaceAll("'", '')}'`)
  return [
    'loopback live /esp.img',
    `linux (live)/vmlinuz ${words.join(' ')}`,
    'initrd (live)/initramfs.zst',
    'boot',
    '',
  ].join('\n')
}

async function writeEsp(input: IsoInput, esp: string): Promise<void> {
  const entry = [
    'title Slipway live environment',
    'linux /vmlinuz',
    'initrd /initramfs.zst',
    `options ${input.command}`,
  ]
  const entryFile = join(input.scratch, 'slipway.conf')
  const loaderFile = join(input.scratch, 'loader.conf')
  await writeFile(entryFile, entry.join('\n') + '\n')
  // A second, so that somebody at the machine can stop it and edit the arguments.
  await writeFile(loaderFile, 'default slipway.conf\ntimeout 1\n')
  const { size: kernelBytes } = await stat(input.kernel)
  const { size: initramfsBytes } = await stat(input.initramfs)
  // 4 MiB for the loader, the FAT itself and directories.
  const size = Math.ceil((kernelBytes + initramfsBytes) / mebibyte) + 4
  await run(['mkfs.vfat', '-C', '-F', '32', '-n', 'SLIPWAY', '-i', '51117a11', esp, String(size * 1024)], epoch)
  await run(['mmd', '-i', esp, '::/EFI', '::/EFI/BOOT', '::/loader', '::/loader/entries'], epoch)
  const copies: [string, string][] = [
    [input.loader, '::/EFI/BOOT/BOOTX64.EFI'],
    [loaderFile, '::/loader/loader.conf'],
    [entryFile, '::/loader/entries/slipway.conf'],
    [input.kernel, '::/vmlinuz'],
    [input.initramfs, '::/initramfs.zst'],
  ]
  for (const [from, to] of copies) await run(['mcopy', '-i', esp, from, to], epoch)
}
