import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addLayer } from './oci-layer.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-layer-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
const blob = (digest: string) => readFileSync(join(folder, 'blobs', digest.replace(':', '/')))

/** An image without layers, as `umoci new` leaves it. */
function writeEmptyImage(tag: string): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const put = (mediaType: string, value: unknown) => {
    const text = JSON.stringify(value)
    writeFileSync(join(folder, 'blobs/sha256', sha256(text)), text)
    return { mediaType, digest: `sha256:${sha256(text)}`, size: text.length }
  }
  const config = put('application/vnd.oci.image.config.v1+json', {
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  })
  const manifest = put('application/vnd.oci.image.manifest.v1+json', { schemaVersion: 2, config, layers: [] })
  const annotations = { 'org.opencontainers.image.ref.name': tag }
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  )
}

test('a folder becomes a layer with right digests, and the archive is padded and ended as POSIX asks', async () => {
  writeEmptyImage('t')
  const root = join(folder, 'root')
  mkdirSync(join(root, 'usr/lib'), { recursive: true })
  // Not a multiple of 512: the padding behind the last file is what umoci insert left out.
  writeFileSync(join(root, 'usr/lib/last'), 'x'.repeat(700))
  await addLayer(folder, 't', root)
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
  const manifest = JSON.parse(blob(index.manifests[0].digest).toString())
  const config = JSON.parse(blob(manifest.config.digest).toString())
  const layer = blob(manifest.layers[0].digest)
  const tar = gunzipSync(layer)
  expect(manifest.layers[0]).toMatchObject({ digest: `sha256:${sha256(layer)}`, size: layer.length })
  expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(tar)}`])
  expect(tar.length % 512).toBe(0)
  expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true)
  expect(execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' })).toBe('usr/\nusr/lib/\nusr/lib/last\n')
})

test('a tag that the layout does not have is refused by name', async () => {
  writeEmptyImage('t')
  await expect(addLayer(folder, 'other', folder)).rejects.toThrow('has no image other')
})
