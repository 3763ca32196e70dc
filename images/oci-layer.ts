import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

interface Descriptor {
  mediaType: string
  digest: string
  size: number
}
interface Index {
  manifests: (Descriptor & { annotations?: Record<string, string> })[]
}
interface Manifest {
  config: Descriptor
  layers: Descriptor[]
}
interface Config {
  rootfs: { diff_ids: string[] }
  history?: object[]
}

/**
 * Adds the contents of a folder (owners, modes, links, xattrs as they are) to an image of an OCI layout as one gzip
 * layer. umoci's own `insert` (0.4.7) leaves out the padding behind the last file and the end of the archive, which
 * strict readers refuse. Formats: OCI image layout, manifest and config.
 */
export async function addLayer(layout: string, tag: string, folder: string): Promise<void> {
  const index = await readJson<Index>(join(layout, 'index.json'))
  const entry = index.manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag)
  if (!entry) throw new Error(`${layout} has no image ${tag}`)
  const manifest = await readJson<Manifest>(blobPath(layout, entry.digest))
  const config = await readJson<Config>(blobPath(layout, manifest.config.digest))
  const { diffId, ...layer } = await writeLayer(layout, folder)
  config.rootfs.diff_ids.push(diffId)
  config.history?.push({ created_by: 'slipway image recipe' })
  manifest.layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })
  Object.assign(manifest.config, await writeJsonBlob(layout, config))
  Object.assign(entry, await writeJsonBlob(layout, manifest))
  await writeFile(join(layout, 'index.json'), JSON.stringify(index))
}

async function writeLayer(layout: string, folder: string): Promise<{ digest: string; size: number; diffId: string }> {
  const names = await readdir(folder)
  const tar = spawn('tar', [...tarOptions, '-C', folder, '--', ...names.sort()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(tar, 'exit')
  const whole = createHash('sha256')
  const packed = createHash('sha256')
  const file = join(layout, `layer-${randomUUID()}.tmp`)
  const count = async function* (source: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>) {
    for await (const chunk of source) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(
    tar.stdout,
    (source: AsyncIterable<Buffer>) => count(source, whole),
    createGzip({ level: 6 }),
    (source: AsyncIterable<Buffer>) => count(source, packed),
    createWriteStream(file),
  )
  const [code] = await ended
  if (code !== 0) throw new Error(`tar of ${folder} ended with exit code ${code}`)
  const digest = `sha256:${packed.digest('hex')}`
  await rename(file, blobPath(layout, digest))
  const { size } = await stat(blobPath(layout, digest))
  return { digest, size, diffId: `sha256:${whole.digest('hex')}` }
}

// pax for xattrs and long names; times of reading and of inode changes are nobody's business and never the same.
const tarOptions = [
  ...'--create --sort=name --numeric-owner --xattrs --acls --format=posix'.split(' '),
  '--pax-option=delete=atime,delete=ctime',
]

async function writeJsonBlob(layout: string, value: unknown): Promise<{ digest: string; size: number }> {
  const text = JSON.stringify(value)
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  await writeFile(blobPath(layout, digest), text)
  return { digest, size: Buffer.byteLength(text) }
}

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'))
}

/** Layouts read here are our own recipes' work, so their shape is known. */
async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

if (import.meta.main) {
  const [layout, tag, folder] = process.argv.slice(2)
  if (!layout || !tag || !folder) {
    console.error('usage: oci-layer.ts LAYOUT TAG FOLDER')
    process.exit(2)
  }
  await addLayer(layout, tag, folder)
}
