import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeRegistryClient, parseReference, serveLayout, writeLayout, type ServedLayout } from '@slipway/oci'
import type { ResolvedImage } from '@slipway/protocol'

export interface SmallImage {
  readonly registry: ServedLayout
  readonly image: ResolvedImage
}

/** A true image in a true registry: a kernel and some files in two layers, gzip and zstd, one file hidden again. */
export async function serveSmallImage(): Promise<SmallImage> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-image-'))
  const platform = { os: 'linux', architecture: 'amd64' }
  const files = Array.from({ length: 40 }, (_, index) => ({
    kind: 'file' as const,
    path: `usr/share/data/${index}`,
    content: `${index} `.repeat(5000),
  }))
  const base = [
    { kind: 'file' as const, path: 'boot/vmlinuz-6.1', content: 'kernel' },
    { kind: 'file' as const, path: 'etc/gone', content: 'x' },
    ...files,
  ]
  const top = [
    { kind: 'whiteout' as const, path: 'etc/gone' },
    { kind: 'file' as const, path: 'etc/hello', content: 'hello' },
  ]
  const layers = [
    { entries: base, compression: 'gzip' as const },
    { entries: top, compression: 'zstd' as const },
  ]
  const [written] = await writeLayout({ dir, images: [{ name: 'small', platform, layers }] })
  if (!written) throw new Error('one image was written')
  const registry = await serveLayout({ layoutDir: dir, repositories: { 'test/small': { latest: written.digest } } })
  const reference = `oci://127.0.0.1:${registry.port}/test/small:latest`
  const client = makeRegistryClient({})
  const image = await client.resolve(parseReference(reference), platform, AbortSignal.timeout(10_000))
  client.close()
  return { registry, image: { ...image, reference } }
}
