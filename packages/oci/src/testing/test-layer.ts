import { createHash } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { Fault } from '@slipway/base'
import type { Layer } from '@slipway/protocol'
import { digestOf } from '../digest.ts'
import { applyLayer, type AppliedLayer, type ApplyLayerInput } from '../layer/apply-layer.ts'
import { encodeTarEntry, paddingOf, tarEnd, type TarEntry } from '../layer/tar-encode.ts'
import { packTar } from '../layout/pack-tar.ts'
import type { LayoutEntry } from '../layout/layout-entry.ts'
import { layerMediaType, type Compression } from '../media-types.ts'
import { parseReference } from '../reference.ts'
import { makeGnuTarTarget } from './gnu-tar-target.ts'

/** A tar entry with any name and type, for archives that no packer would write. */
export type HostileEntry = Partial<Omit<TarEntry, 'type'>> & { path: string; type?: string; body?: string | Uint8Array }

/** Packs entries without any check. */
export function hostileTar(entries: readonly HostileEntry[]): Buffer {
  const blank = { mode: 0o644, uid: 0, gid: 0, mtime: '0', linkName: '', devMajor: 0, devMinor: 0, xattrs: new Map() }
  const blocks = entries.flatMap(({ body = '', type = '0', ...rest }) => {
    const bytes = Buffer.from(body)
    const block = Buffer.alloc(512)
    const ahead = encodeTarEntry({ ...blank, size: bytes.length, ...rest, type: '0' }, block)
    return [...ahead, retype(block, type), bytes, Buffer.alloc(paddingOf(bytes.length))]
  })
  return Buffer.concat([...blocks, tarEnd])
}

/** Changes bytes of a header block and makes its checksum right again. */
export function retype(block: Buffer, type: string): Buffer {
  block.write(type, 156, 1, 'latin1')
  return withChecksum(block)
}

/** Computes the checksum of a header block anew. */
export function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return block
}

/** Packs entries as our own packer does. */
export async function tarOf(entries: readonly LayoutEntry[]): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of packTar(entries)) parts.push(part)
  return Buffer.concat(parts)
}

/** Compresses a tar and names it as a manifest and a configuration would. */
export function layerOf(tar: Buffer, compression: Compression = 'none'): { blob: Buffer; layer: Layer } {
  const blob = compression === 'gzip' ? zlib.gzipSync(tar) : compression === 'zstd' ? zlib.zstdCompressSync(tar) : tar
  return { blob, layer: describeBlob(blob, tar, compression) }
}

/** Names a blob that unpacks to `tar`. */
export function describeBlob(blob: Buffer, tar: Buffer, compression: Compression): Layer {
  return {
    digest: digestOf(blob),
    diff_id: digestOf(tar),
    media_type: layerMediaType(compression, 'oci'),
    bytes: blob.length,
  }
}

/** An empty directory to unpack into. */
export function makeRoot(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'slipway-oci-'))
}

/** Unpacks one blob with GNU tar, in chunks of `chunkBytes`; the digest is checked as the client does. */
export function unpack(
  root: string,
  given: { blob: Buffer; layer: Layer },
  more: Partial<ApplyLayerInput> & { chunkBytes?: number } = {},
): Promise<AppliedLayer> {
  const { chunkBytes = 65536, ...input } = more
  return applyLayer({
    client: { openBlob: (_, descriptor) => chunksOf(given.blob, descriptor.digest, chunkBytes) },
    ref: parseReference('oci://registry.test/image'),
    layer: given.layer,
    target: makeGnuTarTarget(root),
    signal: AbortSignal.timeout(20_000),
    ...input,
  })
}

/** Unpacks a list of layers, each given as entries. */
export async function unpackAll(root: string, layers: readonly (readonly LayoutEntry[])[]): Promise<void> {
  for (const entries of layers) await unpack(root, layerOf(await tarOf(entries)), { allowDevices: true })
}

async function* chunksOf(blob: Buffer, digest: string, size: number): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256').update(blob)
  // Copies: the sanitiser rewrites headers in the chunks that it is given.
  for (let at = 0; at < blob.length; at += size) yield Buffer.from(blob.subarray(at, at + size))
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Fault('image-digest-mismatch', 'the blob is damaged')
}
