import { randomFillSync } from 'node:crypto'
import { serveLayout, writeLayout, type ServedLayout } from '@slipway/oci'

/**
 * Serves `test/image`: as `latest` for both architectures an installable image whose one layer holds so many random bytes,
 * as `illumos` the same for another system.
 */
export async function serveRandomImage(dir: string, layerBytes: number): Promise<ServedLayout> {
  const entries = [
    { kind: 'directory' as const, path: 'etc' },
    { kind: 'directory' as const, path: 'boot' },
    // A simulated machine reads no more of them than that they are there.
    { kind: 'file' as const, path: 'boot/vmlinuz-6.1.0', content: 'kernel' },
    { kind: 'file' as const, path: 'boot/initrd.img-6.1.0', content: 'initrd' },
    { kind: 'file' as const, path: 'etc/hostname', content: 'image\n' },
    { kind: 'file' as const, path: 'payload', content: randomFillSync(new Uint8Array(layerBytes)) },
  ]
  const image = (name: string, os: string, architecture: string) => ({
    name,
    platform: { os, architecture },
    labels: { 'org.slipway.boot': 'uefi,bios' },
    layers: [{ entries, compression: 'gzip' as const }],
  })
  const images = [
    image('latest', 'linux', 'amd64'),
    image('latest', 'linux', 'arm64'),
    image('illumos', 'illumos', 'amd64'),
  ]
  await writeLayout({ dir, images })
  return serveLayout({ layoutDir: dir, repositories: { 'test/image': { latest: 'latest', illumos: 'illumos' } } })
}
