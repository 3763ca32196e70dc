import { Fault } from '@slipway/base'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Versions of the kernels in a target's /boot, newest first; never the running one, which is the live environment's. */
export async function kernelVersions(targetRoot: string): Promise<string[]> {
  const names = await readdir(join(targetRoot, 'boot')).catch(() => [])
  const versions = names.filter((name) => name.startsWith('vmlinuz-')).map((name) => name.slice('vmlinuz-'.length))
  if (versions.length === 0) {
    throw new Fault(
      'image-invalid',
      'the image has no kernel (no /boot/vmlinuz-*); install one that is made to be booted',
    )
  }
  return versions.sort(compareVersions).reverse()
}

/** Compares digit runs as numbers, as `sort -V` does: 6.1.0-9 comes before 6.1.0-10. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
